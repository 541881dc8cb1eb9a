// What a request costs the heap of a server, once everything is warm.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/base/unique_fd.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/server/serve.h>
#include <rondeau/task/spawn.h>

#include "support/counted_heap.h"

using namespace rondeau;

namespace {

struct Message {
  std::string message;
};

Router<> pages() {
  Router<> app;
  app.layer(middleware::SetHeader{"x-content-type-options", "nosniff"});
  app.get<"/">([] { return Response::static_text("Hello, World!"); });
  app.get<"/json">([] { return Json{Message{"Hello, World!"}}; });
  app.get<"/users/{id}">([](Path<"id", std::string> id) { return *std::move(id); });
  app.post<"/echo">([](Bytes body) { return Response::bytes(std::move(body)); });
  return app;
}

/// A client that allocates nothing: one request at a time, over a blocking socket.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    const int connected = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    REQUIRE(connected == 0);
  }
  /// `ending`: how the answer ends.
  void ask(std::string_view request, std::string_view ending) {
    if (::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
      std::abort();
    }
    std::size_t size = 0;
    while (!std::string_view(answer_, size).ends_with(ending)) {
      const ssize_t count = ::recv(socket_.get(), answer_ + size, sizeof(answer_) - size, 0);
      if (count <= 0) std::abort();
      size += static_cast<std::size_t>(count);
    }
  }

 private:
  base::UniqueFd socket_;
  char answer_[4096];
};

double allocations_of_one(Client& client, std::string_view request, std::string_view ending) {
  constexpr int kRequests = 2000;
  for (int i = 0; i < kRequests; ++i) client.ask(request, ending);
  const std::size_t before = support::allocations();
  for (int i = 0; i < kRequests; ++i) client.ask(request, ending);
  return static_cast<double>(support::allocations() - before) / kRequests;
}

}  // namespace

TEST_CASE("allocations: a plain request takes none from the heap, others few") {
  const runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(1).build().value();
  CancellationToken stop;
  std::uint16_t port = 0;
  auto server = runtime.block_on([&]() -> Task<JoinHandle<Result<ServeReport>>> {
    auto listener = net::TcpListener::bind("127.0.0.1:0").value();
    port = listener.local_addr().value().port();
    co_return spawn(serve(std::move(listener), pages(), {.shutdown = stop, .server_name = "rondeau"}));
  });
  {
    Client client(port);
    const double plain = allocations_of_one(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "Hello, World!");
    const double json = allocations_of_one(client, "GET /json HTTP/1.1\r\nHost: a\r\n\r\n", "World!\"}");
    const double routed = allocations_of_one(client, "GET /users/42 HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n42");
    const double echo =
        allocations_of_one(client, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "\r\nhello");
    MESSAGE("allocations for each request: plain " << plain << ", json " << json << ", routed " << routed << ", echo "
                                                   << echo);
    CHECK(plain <= 0.01);
    CHECK(json <= 4);
    CHECK(routed <= 4);
    CHECK(echo <= 4);
  }
  stop.cancel();
  CHECK(runtime.block_on([&]() -> Task<bool> { co_return (co_await server).value().has_value(); }));
}
