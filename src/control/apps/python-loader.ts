/** The name of the module that every server for Python apps is told to load. */
export const loaderModule = 'sallyport_app';

/**
 * Finds the app's callable as the environment says and offers it as `application`, so that every server runs a script of any
 * extension as mod_wsgi does: the working directory stands first in sys.path. A WSGI app sees the client's own address and scheme, not those of the
 * gate: its socket is open to nobody else, so the gate's fields can be believed. Under uWSGI it also sees a body in chunks.
 */
export const loaderSource = `import importlib, io, os, site, sys, types

_take = lambda name: os.environ.pop('SALLYPORT_' + name, '')
_script, _module, _callable = _take('SCRIPT'), _take('MODULE'), _take('CALLABLE')
_interface, _virtualenv = _take('INTERFACE'), _take('VIRTUALENV')

_here = os.path.dirname(os.path.abspath(__file__))
_paths = os.environ.get('PYTHONPATH', '').split(os.pathsep)
os.environ['PYTHONPATH'] = os.pathsep.join(path for path in _paths if path not in ('', _here))
if not os.environ['PYTHONPATH']:
    del os.environ['PYTHONPATH']
sys.path[:] = [path for path in sys.path if os.path.abspath(path or '.') != os.getcwd()]
sys.path.insert(0, os.getcwd())

if _virtualenv and os.path.realpath(sys.prefix) != os.path.realpath(_virtualenv):
    _version = 'python%d.%d' % sys.version_info[:2]
    _packages = os.path.join(_virtualenv, 'lib', _version, 'site-packages')
    if not os.path.isdir(_packages):
        raise ImportError('the virtualenv %s is not for %s, which the server runs on: install the server into it' % (_virtualenv, _version))
    _before = list(sys.path)
    site.addsitedir(_packages)
    sys.path[1:] = [path for path in sys.path if path not in _before] + _before[1:]

if _script:
    _loaded = types.ModuleType('sallyport_script')
    _loaded.__file__ = _script
    sys.modules[_loaded.__name__] = _loaded
    with open(_script, 'rb') as _file:
        exec(compile(_file.read(), _script, 'exec'), _loaded.__dict__)
else:
    _loaded = importlib.import_module(_module)

_app = _loaded
for _part in _callable.split('.'):
    if not hasattr(_app, _part):
        raise ImportError('%s has no %s' % (_script or _module, _callable))
    _app = getattr(_app, _part)


class _Chunks(io.RawIOBase):
    def __init__(self):
        self._rest = b''

    def readable(self):
        return True

    def readinto(self, buffer):
        self._rest = self._rest or uwsgi.chunked_read()
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


try:
    import uwsgi
except ImportError:
    uwsgi = None


def _behind_the_gate(environ, start_response):
    address = environ.get('HTTP_X_REAL_IP')
    if address:
        environ['REMOTE_ADDR'] = address
    scheme = environ.get('HTTP_X_FORWARDED_PROTO')
    if scheme in ('http', 'https'):
        environ['wsgi.url_scheme'] = scheme
    if scheme == 'https':
        environ['HTTPS'] = 'on'
    if uwsgi and environ.get('HTTP_TRANSFER_ENCODING', '').lower() == 'chunked':
        environ['wsgi.input'] = io.BufferedReader(_Chunks())
        environ['wsgi.input_terminated'] = True
    return _app(environ, start_response)


application = _behind_the_gate if _interface == 'wsgi' else _app
`;
