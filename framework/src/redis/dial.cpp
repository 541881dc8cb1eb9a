#include "redis/dial.h"

#include <utility>
#include <variant>

#include <rondeau/net/tcp_stream.h>
#include <rondeau/net/unix_stream.h>
#include <rondeau/tls/stream.h>

namespace rondeau::redis {
namespace {

task::Task<base::Result<io::AnyStream>> dial_unix(std::string path) {
  if (path.starts_with('@')) path[0] = '\0';
  RONDEAU_TRY(SocketAddress address, SocketAddress::unix_path(path));
  RONDEAU_TRY(net::UnixStream stream, co_await net::UnixStream::connect(std::move(address)));
  co_return io::AnyStream(std::move(stream));
}

task::Task<base::Result<io::AnyStream>> dial_tcp(connect::HostPort host) {
  RONDEAU_TRY(net::TcpStream stream, co_await net::TcpStream::connect(host.host, host.port));
  RONDEAU_TRY_VOID(stream.set_nodelay(true));
  co_return io::AnyStream(std::move(stream));
}

task::Task<base::Result<io::AnyStream>> dial_any(std::shared_ptr<const Options> options) {
  if (options->dial) co_return co_await options->dial();
  if (const auto* path = std::get_if<connect::UnixPath>(&options->address)) co_return co_await dial_unix(path->path);
  const auto& host = std::get<connect::HostPort>(options->address);
  RONDEAU_TRY(io::AnyStream stream, co_await dial_tcp(host));
  if (!options->tls) co_return stream;
  std::string name = options->tls->server_name.empty() ? host.host : options->tls->server_name;
  RONDEAU_TRY(tls::Stream secured,
              co_await tls::connect(std::move(stream), options->tls->config, std::move(name)));
  co_return io::AnyStream(std::move(secured));
}

}  // namespace

task::Task<Result<io::AnyStream>> dial(std::shared_ptr<const Options> options) {
  auto stream = co_await dial_any(std::move(options));
  if (!stream) co_return Error(ErrorKind::Io, Phase::Connect, stream.error().message());
  co_return *std::move(stream);
}

}  // namespace rondeau::redis
