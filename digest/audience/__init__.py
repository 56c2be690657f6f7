"""Who gets a newsletter: list files, addresses and the tokens that carry consent.

Pure: text in, values out.  Reading and writing the files, and remembering who unsubscribed, is done elsewhere.
"""

from digest.audience.address import normalise_address
from digest.audience.consent import make_token, read_token
from digest.audience.listfile import decode_list, encode_list, parse_list, with_entry, without_entry
from digest.audience.returnpath import read_return_path, return_path

__all__ = [
    "decode_list",
    "encode_list",
    "make_token",
    "normalise_address",
    "parse_list",
    "read_return_path",
    "read_token",
    "return_path",
    "with_entry",
    "without_entry",
]
