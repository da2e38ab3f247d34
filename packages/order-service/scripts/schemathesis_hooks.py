"""What Schemathesis leaves out of the requests that it makes by the document."""

import re
from urllib.parse import unquote

import schemathesis

ID = re.compile(r"[\x21-\x7e]{1,64}")


@schemathesis.hook
def filter_case(context, case):
    """Leaves out ids that are not sent as they were made.

    Schemathesis decodes what it has made for a path before it encodes it. So of an id that is valid, and has a "%" with
    two hexadecimal digits behind it, the API gets another text, which the document excludes, and Schemathesis takes it for
    one that the document allows.
    """
    if case.meta is None or case.meta.generation.mode.is_negative:
        return True
    ids = [unquote(str(value)) for name, value in (case.path_parameters or {}).items() if name.endswith("Id")]
    return all(ID.fullmatch(value) for value in ids)


@schemathesis.hook
def map_case(context, case):
    """Takes tokens of readers out that were made up.

    A token ends with a sum of what it says, which no pattern can describe: text of the right form that no answer gave is
    refused.
    """
    if case.meta is None or case.meta.generation.mode.is_negative:
        return case
    for name in [name for name in (case.headers or {}) if name.lower() == "reader-token"]:
        del case.headers[name]
    return case
