"""The errors that Hindtrace raises on purpose.

    HindtraceError
    ├── ConfigurationError      a wrong call: refused before a device, a model or a pipeline starts
    ├── SchemaError             a value or a file does not fit its schema
    │   └── SchemaVersionError  the file was written under another major version
    ├── TraceError              a recording cannot be read or written
    ├── LakeError               a lake is missing, broken or of another layout
    │   └── LedgerError         rows in are not rows out: the job fails
    ├── DeviceError             something about the interface under exploration
    │   ├── DeviceUnavailable   it cannot be started
    │   ├── DeviceLost          it died while in use; the episode ends
    │   └── UnsupportedAction   this environment has no such action
    └── ModelError              a chat model gave no usable answer

Misuse of an argument by a programmer is a plain ValueError or TypeError.
"""


class HindtraceError(Exception):
    """The root: catch it to catch everything that Hindtrace raises on purpose."""


class ConfigurationError(HindtraceError):
    """A wrong call: an option, a path or a combination that can't work."""


class SchemaError(HindtraceError):
    """A value or a file that does not fit the schema."""


class SchemaVersionError(SchemaError):
    """A file written under another major version of the schemas."""


class TraceError(HindtraceError):
    """A recording that can't be read or written."""


class LakeError(HindtraceError):
    """A lake that is missing, broken or laid out otherwise."""


class LedgerError(LakeError):
    """Rows in differ from rows out; nothing was committed."""


class DeviceError(HindtraceError):
    """Anything about the interface under exploration."""


class DeviceUnavailable(DeviceError):
    """The device can't be started; the message names the command that mends it."""


class DeviceLost(DeviceError):
    """The device died while in use; the episode ends here and the next one starts a new device."""


class UnsupportedAction(DeviceError):
    """The environment has no such action; nothing was done."""


class ModelError(HindtraceError):
    """A chat model gave no usable answer."""
