"""Every limit of Slack that a message or a modal of ours can meet, in one table.

From docs.slack.dev (Block Kit reference, chat.postMessage) and slack_sdk.models; those marked * are not written down
there and were found by others (bolt-js issues 2509 and 2867), so that ours stay well below.
"""

from typing import Final

# a message, a modal
MESSAGE_BLOCKS: Final = 50
MODAL_BLOCKS: Final = 100
ALL_CHARACTERS: Final = 12_000  # * about 13,200 in all blocks of a message; msg_blocks_too_long beyond
RUN_COST: Final = 12  # * what an element costs of that besides its text
TOP_TEXT: Final = 3_500  # 4,000 are recommended, 40,000 truncated

# blocks
SECTION_TEXT: Final = 3_000  # also what we put into one rich text
CONTEXT_TEXT: Final = 2_000
ACTIONS: Final = 25
ALT_TEXT: Final = 2_000
TABLE_ROWS: Final = 100  # the head included
TABLE_COLUMNS: Final = 20
TABLE_CHARACTERS: Final = 10_000
TABLES: Final = 1  # a message; none in a modal

# elements
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
OPTIONS: Final = 100  # also the options of a group, and the groups of a select
INPUT_LABEL: Final = 2_000
INPUT_HINT: Final = 2_000
INPUT_VALUE: Final = 3_000
ID: Final = 255

# a modal
VIEW_TITLE: Final = 24  # likewise the words on its buttons
VIEW_METADATA: Final = 3_000
