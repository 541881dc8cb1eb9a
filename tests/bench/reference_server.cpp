// An ordinary application of the framework, for measuring it.
// Run: reference_server PORT WORKERS [--header-timeout SECONDS] [--max-body BYTES] [--max-message BYTES]
//     [--keep-alive MILLISECONDS]
// With TLS_CERT and TLS_KEY (names of PEM files) in the environment it speaks TLS; SIGHUP reads them again.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/server/serve.h>
#include <rondeau/signal/signal.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>
#include <rondeau/tls/server_config.h>

using namespace rondeau;

namespace {

struct Message {
  std::string message;
};

Response hello() {
  return Response::static_text("Hello, World!");
}

Json<Message> json() {
  return Json{Message{"Hello, World!"}};
}

std::string user(Path<"id", std::string> id) {
  return *std::move(id);
}

Response echo(Bytes body) {
  return Response::bytes(std::move(body));
}

Task<Result<void>> write_stream(BodyWriter& out) {
  for (int part = 1; part <= 8; ++part) {
    RONDEAU_TRY_VOID(co_await out.write(Bytes("part " + std::to_string(part) + " of 8\n")));
    RONDEAU_TRY_VOID(co_await out.flush());
  }
  co_return Result<void>();
}
Response stream() {
  return Response::stream(&write_stream, "text/plain; charset=utf-8");
}

Response big() {
  static const Bytes content(std::string(8 * 1024 * 1024, 'x'));
  return Response::bytes(content);
}

Task<Response> slow() {
  co_await sleep_for(std::chrono::seconds(1));
  co_return Response::static_text("slow");
}

Task<void> echo_messages(WebSocket<> socket) {
  while (auto message = co_await socket.recv()) {
    if (!co_await socket.send(*message)) break;
  }
}

Router<> routes() {
  Router<> app;
  app.layer(middleware::SetHeader{"x-content-type-options", "nosniff"});
  app.get<"/">(hello);
  app.get<"/json">(json);
  app.get<"/users/{id}">(user);
  app.post<"/echo">(echo);
  app.get<"/stream">(stream);
  app.get<"/nocontent">([] { return StatusCode::NoContent; });
  app.get<"/big">(big);
  app.get<"/slow">(slow);
  app.ws<"/ws">(echo_messages);
  for (int i = 0; i < 96; ++i) app.route(Method::Get, "/api/v1/resource" + std::to_string(i) + "/{id}", user);
  return app;
}

void print(const char* what, const Error& error) {
  const std::string why = error.message();
  std::fprintf(stderr, "%s: %s\n", what, why.c_str());
}

/// Speaks TLS where the environment has a certificate.
Result<server::Listener> secured(server::Listener listener) {
  const char* certificate = std::getenv("TLS_CERT");
  const char* key = std::getenv("TLS_KEY");
  if (certificate == nullptr || key == nullptr) return listener;
  tls::ServerOptions options;
  options.identities.push_back({.certificates = tls::Pem::file(certificate), .key = tls::Pem::file(key)});
  RONDEAU_TRY_PLAIN(tls::ServerConfig config, tls::ServerConfig::make(std::move(options)));
  RONDEAU_TRY_PLAIN(signal::Signal hang_up, signal::signal(signal::SignalKind::hangup()));
  spawn([heard = std::move(hang_up), config]() mutable -> Task<void> {
    while (co_await heard.recv()) {
      if (auto reloaded = co_await config.reload(); !reloaded) print("the old certificate stays", reloaded.error());
    }
  }).detach();
  return std::move(listener).with_tls(config);
}

Task<Result<void>> serve_until_terminated(std::uint16_t port, Limits limits) {
  RONDEAU_TRY(signal::Signal terminate, signal::signal(signal::SignalKind::terminate()));
  ServeOptions options{
      .limits = limits, .http2_prior_knowledge = server::http2_is_built_in(), .server_name = "rondeau"};
  spawn([heard = std::move(terminate), stop = options.shutdown]() mutable -> Task<void> {
    co_await heard.recv();
    stop.cancel();
  }).detach();
  RONDEAU_TRY(auto socket, net::TcpListener::bind("127.0.0.1:" + std::to_string(port), {.backlog = limits.backlog}));
  RONDEAU_TRY(const SocketAddress address, socket.local_addr());
  std::printf("listening on %s\n", address.to_string().c_str());
  std::fflush(stdout);
  RONDEAU_TRY(auto listener, secured(std::move(socket)));
  RONDEAU_TRY(const ServeReport report, co_await serve(std::move(listener), routes(), std::move(options)));
  std::fprintf(stderr, "%llu connections, %llu requests, %llu cut\n",
               static_cast<unsigned long long>(report.connections), static_cast<unsigned long long>(report.requests),
               static_cast<unsigned long long>(report.cut));
  co_return Result<void>();
}

template <class N>
std::optional<N> number(std::string_view text) {
  N value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int usage() {
  std::fprintf(stderr,
               "reference_server PORT WORKERS [--header-timeout SECONDS] [--max-body BYTES] [--max-message BYTES] "
               "[--keep-alive MILLISECONDS]\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc % 2 == 0) return usage();
  const auto port = number<std::uint16_t>(argv[1]);
  const auto workers = number<std::size_t>(argv[2]);
  if (!port || !workers || *workers == 0) return usage();
  Limits limits;
  for (int i = 3; i < argc; i += 2) {
    const std::string_view flag = argv[i];
    const auto value = number<std::uint32_t>(argv[i + 1]);
    if (!value) return usage();
    if (flag == "--header-timeout") {
      limits.first_byte = limits.head = std::chrono::seconds(*value);
    } else if (flag == "--keep-alive") {
      limits.keep_alive = std::chrono::milliseconds(*value);
    } else if (flag == "--max-body") {
      limits.max_buffered_body = *value;
    } else if (flag == "--max-message") {
      limits.websocket.max_message = *value;
    } else {
      return usage();
    }
  }
  return run(serve_until_terminated(*port, limits), runtime::Builder::multi_thread().worker_threads(*workers));
}
