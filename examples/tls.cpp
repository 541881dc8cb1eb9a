// A protocol of one's own over TLS, both sides of it. Run: build/examples/tls server.pem server.key ca.pem
//   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost
//     -addext subjectAltName=DNS:localhost -keyout server.key -out server.pem    (its own authority: ca.pem is
//     server.pem)
// For HTTPS it is two settings of a service instead: --set server.tls.certificate=server.pem --set
// server.tls.key=server.key
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>

#include <rondeau/io/buf_reader.h>
#include <rondeau/io/pieces.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>
#include <rondeau/tls/client_config.h>
#include <rondeau/tls/server_config.h>
#include <rondeau/tls/stream.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

constexpr Duration kHandshake = 10s;  ///< a peer may connect and never say a word
constexpr Duration kSilence = 30s;
constexpr std::size_t kLongestLine = 1024;  // bytes

Task<Result<void>> greet(net::TcpStream tcp, tls::ServerConfig config) {
  RONDEAU_TRY(auto stream, co_await timeout(kHandshake, tls::accept(std::move(tcp), std::move(config))));
  auto lines = io::lines(io::BufReader<tls::Stream&>(stream), kLongestLine);
  for (;;) {
    // It ends with the peer's close_notify; a connection that was cut is an error, UnexpectedEof.
    auto line = co_await timeout(kSilence, lines.next());
    if (!line) co_return line.error();
    if (!*line) break;
    if (!**line) co_return (**line).error();
    RONDEAU_TRY_VOID(co_await timeout(kSilence, stream.write_all("hello " + ***line + "\n")));
  }
  co_return co_await timeout(kSilence, stream.shutdown());
}

Task<Result<void>> serve(net::TcpListener listener, tls::ServerConfig config) {
  for (;;) {
    auto tcp = co_await listener.accept();
    if (tcp) {
      spawn(greet(*std::move(tcp), config)).detach();  // the handshake is there: a slow peer holds up nobody else
    } else {
      if (tcp.error() == Errc::ShuttingDown) co_return tcp.error();
      co_await sleep_for(100ms);  // no descriptors: clients that go make room
    }
  }
}

/// `name` is who the server has to be: its certificate is for that name, and issued by somebody we believe.
Task<Result<std::string>> ask(SocketAddress server, tls::ClientConfig config, std::string name) {
  RONDEAU_TRY(auto tcp, co_await timeout(kHandshake, net::TcpStream::connect(server)));
  RONDEAU_TRY(auto stream,
              co_await timeout(kHandshake, tls::connect(std::move(tcp), std::move(config), std::move(name))));
  std::printf("%s\n", std::string(stream.version()).c_str());
  RONDEAU_TRY_VOID(co_await stream.write_all(std::string("Ada\n")));
  auto lines = io::lines(io::BufReader<tls::Stream&>(stream), kLongestLine);
  auto line = co_await timeout(kSilence, lines.next());
  if (!line) co_return line.error();
  if (!*line) co_return Error(Errc::UnexpectedEof, "no greeting");
  RONDEAU_TRY_VOID(co_await stream.shutdown());  // without it the server would have to call it cut
  co_return **std::move(line);
}

Task<Result<void>> show(std::string certificate, std::string key, std::string ca) {
  RONDEAU_TRY(const auto server_config,
              tls::ServerConfig::make({.identities = {{.certificates = tls::Pem::file(std::move(certificate)),
                                                       .key = tls::Pem::file(std::move(key))}}}));
  RONDEAU_TRY(const auto believing, tls::ClientConfig::make({.ca = tls::Pem::file(std::move(ca))}));
  RONDEAU_TRY(const auto stranger, tls::ClientConfig::make());  // believes whom the system believes

  RONDEAU_TRY(auto listener, net::TcpListener::bind("127.0.0.1:0"));
  RONDEAU_TRY(const auto address, listener.local_addr());
  auto server = spawn(serve(std::move(listener), server_config));
  RONDEAU_TRY(const std::string greeting, co_await ask(address, believing, "localhost"));
  std::printf("%s\n", greeting.c_str());

  const auto other_name = co_await ask(address, believing, "bank.example");
  std::printf("another name: %s\n", other_name ? "accepted" : other_name.error().message().c_str());
  const auto not_believed = co_await ask(address, stranger, "localhost");
  std::printf("no authority: %s\n", not_believed ? "accepted" : not_believed.error().message().c_str());
  server.abort();
  co_return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: tls CERTIFICATE KEY CA\n");
    return 2;
  }
  return run(show(argv[1], argv[2], argv[3]));
}
