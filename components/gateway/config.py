"""The gateway's configuration file (HAProxy 3.2 Configuration Manual)."""

from leasehold.contract import BROKER, BROKER_PORT, DATABASE, DATABASE_PORT

from ..servers.start import LOG_DESCRIPTOR

# Connections are held while a server is starting: one try every quarter of a second, two seconds at most.
_CONFIG = """\
global
  # One thread writes the record of a connection before it passes anything else on: so whoever has an answer through the
  # gateway finds what the gateway has refused before.
  nbthread 1
  log stdout format raw local0 notice
  maxconn 1000

{resolvers}defaults
  mode tcp
  log fd@{descriptor} format raw local1 info
  # By whom, to which server, when, and how it ended: names of ours, numbers and addresses, so nothing to escape.
  # Milliseconds have leading zeros, which a number in JSON must not have: so they are a string.
  log-format '{{"seconds":%Ts,"milliseconds":"%ms","client":"%ci:%cp","service":"%b","state":"%ts"}}'
  # Connections that failed, and no others: they are refusals that no server has seen.
  option dontlog-normal
  option log-separate-errors
  timeout connect 250ms
  timeout client 1h
  timeout server 1h
  retries 8
  default-server init-addr {addresses} resolve-prefer ipv4
"""

# Where a restarted server may have a new address, names are looked up at the engine's own resolver again and again.
# Elsewhere they are looked up at the start, and it does not start without.
_RESOLVERS = """\
resolvers engine
  {nameserver}
  hold valid 1s

"""
_AGAIN, _ONCE = "last,libc,none resolvers engine", "libc"

_SERVICE = """
listen {name}
  bind :{port}
  server {name} {name}:{port}
  # How a connection ends that a server has answered is the server's to tell.
  tcp-response content set-log-level silent
"""


def gateway_config(resolver: str | None) -> str:
    """Return a configuration that passes the database's and the broker's port on, and nothing else.

    Args:
        resolver: Address and port of the name server on the inner network; empty if ``resolv.conf`` names it, None
            where servers keep their addresses.
    """
    services = {DATABASE: DATABASE_PORT, BROKER: BROKER_PORT}
    nameserver = f"nameserver embedded {resolver}" if resolver else "parse-resolv-conf"
    resolvers, addresses = ("", _ONCE) if resolver is None else (_RESOLVERS.format(nameserver=nameserver), _AGAIN)
    config = _CONFIG.format(descriptor=LOG_DESCRIPTOR, resolvers=resolvers, addresses=addresses)
    return config + "".join(_SERVICE.format(name=name, port=port) for name, port in services.items())
