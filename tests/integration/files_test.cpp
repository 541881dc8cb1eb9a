// Files over real sockets: the kernel sends them by itself.
#include <array>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "integration/live_server.h"
#include "support/temporary_directory.h"

using namespace live;

namespace {

constexpr std::size_t kFile = 24 * 1024 * 1024;

struct Tree {
  support::TemporaryDirectory all;
  std::string content;

  Tree() {
    content.reserve(kFile + 16);
    for (std::size_t i = 0; content.size() < kFile; ++i) content.append(std::to_string(i)).append("\n");
    all.put("big.bin", content);
  }
  Router<> routes() const { return files("/files", all.path()); }
};

Task<std::string> read_to_end(net::TcpStream& stream) {
  std::string all;
  std::array<std::byte, 64 * 1024> buffer;
  for (;;) {
    const auto count = co_await stream.read_some(buffer);
    if (!count || *count == 0) co_return all;
    all.append(reinterpret_cast<const char*>(buffer.data()), *count);
  }
}

}  // namespace

TEST_CASE("files over sockets: a large file and a large part of it arrive whole, one after the other") {
  const Tree tree;
  Service service({}, nullptr, tree.routes());
  service.run([](Service& server, const Tree& files) -> Task<void> {
    Client client = co_await Client::connect(server.address);
    for (int round = 0; round < 2; ++round) {
      const auto whole = co_await client.ask(get("/files/big.bin"));
      REQUIRE(whole.has_value());
      CHECK((whole->body() == files.content));
      const auto part =
          co_await client.ask("GET /files/big.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=1000001-20000000\r\n\r\n");
      REQUIRE(part.has_value());
      CHECK((part->body() == files.content.substr(1'000'001, 19'000'000)));
    }
  }(service, tree));
}

TEST_CASE("files over sockets: a file that becomes shorter while its peer does not read cuts the connection") {
  const Tree tree;
  Service service({}, nullptr, tree.routes());
  service.run([](Service& server, const Tree& files) -> Task<void> {
    Client client = co_await Client::connect(server.address);
    const std::string ask = get("/files/big.bin");
    REQUIRE((co_await client.stream().write_all(ask)).has_value());
    co_await client.stream().readable();
    std::filesystem::resize_file(files.all / "big.bin", kFile / 2);
    const std::string got = co_await read_to_end(client.stream());
    CHECK(got.find("Content-Length: " + std::to_string(files.content.size())) != std::string::npos);
    CHECK(got.size() < files.content.size());
    // The server goes on.
    Client other = co_await Client::connect(server.address);
    CHECK((co_await other.ask(get("/")))->body() == "hello");
  }(service, tree));
}

TEST_CASE("files over sockets: a peer that leaves in the middle costs nothing but its connection") {
  const Tree tree;
  Service service({}, nullptr, tree.routes());
  service.run([](Service& server) -> Task<void> {
    for (int round = 0; round < 20; ++round) {
      Client client = co_await Client::connect(server.address);
      const std::string ask = get("/files/big.bin");
      REQUIRE((co_await client.stream().write_all(ask)).has_value());
      co_await client.stream().readable();
      REQUIRE(client.stream().set_linger(0s));
    }
    Client other = co_await Client::connect(server.address);
    CHECK((co_await other.ask(get("/")))->body() == "hello");
  }(service));
  CHECK(service.end().cut == 0);
}
