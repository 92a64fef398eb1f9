"""A whole OpenStack Swift with its S3 API in one process and one directory, without root.

    python s3-server.py DIRECTORY PORT

Swift's four servers are the released ones; only their start is ours, as in Swift's own in-process tests:
one process starts faster than four, and ends when it is told. All data stays in DIRECTORY and is there again
at the next start. Prints one line of JSON, where and who, when requests are answered. For tests and trials:
the storage servers behind the proxy trust whoever reaches their ports on 127.0.0.1.
"""

import json
import logging
import logging.handlers
import os
import secrets
import socket
import sys

directory = os.path.abspath(sys.argv[1])
port = int(sys.argv[2])
region = 'us-east-1'
access_key_id = 'trial:owner'

import eventlet
import eventlet.wsgi

# As Swift does it, but before anything could be imported that it would miss.
eventlet.monkey_patch(all=False, socket=True, select=True, thread=True)

from swift.common import constraints, utils
from swift.common.ring.ring import RingData
from swift.common.storage_policy import reload_storage_policies
from swift.common.utils.logs import NullLogger, get_swift_logger
from swift.common.http_protocol import SwiftHttpProtocol
from swift.common.wsgi import RestrictedGreenPool, loadapp

utils.monkey_patch()

# A partition of a bigger ring would not gain anything on one disk. To change it is to lose the data.
PARTITION_POWER = 4

PIPELINE = ('catch_errors gatekeeper listing_formats s3api tempauth bulk slo dlo versioned_writes '
            'symlink copy proxy-server').split()
OPTIONS = {
    's3api': f"""
location = {region}
dns_compliant_bucket_names = true
allow_multipart_uploads = true
min_segment_size = 5242880
check_bucket_owner = false
""",
    'tempauth': f'user_{access_key_id.replace(":", "_")} = {{secret}} .admin',
    'proxy-server': 'account_autocreate = true\nallow_account_management = true',
}


def write(name, text):
    path = os.path.join(directory, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
        file.write(text)
    return path


def secret():
    """Made at the first start of a directory."""
    path = os.path.join(directory, 'secret')
    if not os.path.exists(path):
        write('secret', secrets.token_hex(20))
    with open(path) as file:
        return file.read()


def configuration(name):
    """Writes a server's file of settings and gives its path."""
    pipeline = PIPELINE if name == 'proxy' else [f'{name}-server']
    text = f"""
[DEFAULT]
swift_dir = {directory}
devices = {directory}/devices
recon_cache_path = {directory}
mount_check = false
disable_fallocate = true
log_level = ERROR
[pipeline:main]
pipeline = {' '.join(pipeline)}
"""
    for part in pipeline:
        kind = 'app' if part == pipeline[-1] else 'filter'
        text += f'[{kind}:{part}]\nuse = egg:swift#{part.removesuffix("-server")}\n'
        text += OPTIONS.get(part, '').replace('{secret}', secret()) + '\n'
    return write(f'{name}-server.conf', text)


def listen(at):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('127.0.0.1', at))
    listener.listen(128)
    return listener


def ring(name, at):
    device = {'id': 0, 'region': 1, 'zone': 1, 'weight': 1.0, 'device': 'd1', 'meta': ''}
    device |= {'ip': '127.0.0.1', 'port': at, 'replication_ip': '127.0.0.1', 'replication_port': at}
    everything = [0] * 2**PARTITION_POWER
    RingData([everything], [device], 32 - PARTITION_POWER).save(
        os.path.join(directory, f'{name}.ring.gz'))


os.makedirs(f'{directory}/devices/d1', exist_ok=True)
# The hash's prefix and suffix name files on the disk: the same at each start, and no secret here.
write('swift.conf', """
[swift-hash]
swift_hash_path_prefix = one
swift_hash_path_suffix = directory
[storage-policy:0]
name = only
default = yes
[swift-constraints]
max_header_size = 16384
""")
utils.set_swift_dir(directory)
constraints.reload_constraints()
reload_storage_policies()

listeners = {'proxy': listen(port)}
for name in ('account', 'container', 'object'):
    listeners[name] = listen(0)
    ring(name, listeners[name].getsockname()[1])

# To standard error, and not into the machine's syslog.
get_swift_logger.console_handler4logger = {}


def off_syslog():
    for logger in logging.root.manager.loggerDict.values():
        for handler in list(getattr(logger, 'handlers', ())):
            if isinstance(handler, logging.handlers.SysLogHandler):
                logger.removeHandler(handler)


def serve(name, listener):
    """What swift.common.wsgi.run_server does, without taking the process for itself."""
    return eventlet.spawn(
        eventlet.wsgi.server,
        eventlet.greenio.GreenSocket(listener),
        loadapp(configuration(name), global_conf={'log_name': name}),
        NullLogger(),
        custom_pool=RestrictedGreenPool(size=1024),
        protocol=SwiftHttpProtocol,
        socket_timeout=60,
        # The SDKs look for ETag, and eventlet would make it Etag.
        capitalize_response_headers=False,
        url_length_limit=constraints.MAX_REQUEST_LINE,
    )


servers = [serve(name, listener) for name, listener in listeners.items()]
off_syslog()
print(json.dumps({
    'endpoint': 'http://127.0.0.1:%d' % listeners['proxy'].getsockname()[1],
    'region': region,
    'accessKeyId': access_key_id,
    'secretAccessKey': secret(),
}), flush=True)
for server in servers:
    server.wait()
