// An echo service: every byte comes back, on its own connection, in its order; what one side got is what the other sent.
#include <map>
#include <memory>

#include <doctest/doctest.h>

#include <rondeau/task/join_set.h>

#include "calls.h"
#include "seeds.h"

namespace {

using namespace programs;

struct Bytes {
  sim::Runtime* world;
  std::map<std::uint64_t, std::string> sent;
  std::map<std::uint64_t, std::size_t> delivered;
  std::uint64_t connections = 0;

  void arrived(std::uint64_t connection, std::string_view bytes) {
    std::size_t& before = delivered[connection];
    if (sent[connection].compare(before, bytes.size(), bytes) != 0) {
      world->fail("the bytes delivered are no prefix of the bytes sent");
    }
    before += bytes.size();
  }
};

Task<void> echo(std::shared_ptr<Bytes> bytes, TcpStream stream) {
  std::uint64_t connection = 0;
  if (!co_await stream.read_exact(std::as_writable_bytes(std::span(&connection, 1)))) co_return;
  char buffer[200];
  for (;;) {
    const auto got = co_await stream.read_some(std::as_writable_bytes(std::span(buffer)));
    if (!got || *got == 0) co_return;
    bytes->arrived(connection, {buffer, *got});
    if (!co_await stream.write_all(std::string_view(buffer, *got))) co_return;
  }
}

Task<void> serve_echo(std::shared_ptr<Bytes> bytes) {
  TcpListener listener = TcpListener::bind("0.0.0.0:7").value();
  for (;;) {
    auto stream = co_await listener.accept();
    if (stream) {
      rondeau::spawn(echo(bytes, *std::move(stream))).detach();
    } else {
      co_await rondeau::sleep_for(10ms);
    }
  }
}

Task<Result<void>> talk(std::shared_ptr<Bytes> bytes, std::string text) {
  const std::uint64_t connection = ++bytes->connections;
  RONDEAU_TRY(TcpStream stream, co_await TcpStream::connect("server", 7));
  RONDEAU_TRY_VOID(co_await stream.write_all(std::as_bytes(std::span(&connection, 1))));
  for (int round = 0; round < 3; ++round) {
    bytes->sent[connection] += text;
    RONDEAU_TRY_VOID(co_await stream.write_all(text));
    std::string back(text.size(), '\0');
    RONDEAU_TRY_VOID(co_await stream.read_exact(std::as_writable_bytes(std::span(back))));
    if (back != text) throw std::runtime_error("the echo is another text");
  }
  co_return {};
}

}  // namespace

TEST_CASE("TE4: sim: an echo service, its clients and trouble") {
  run_seeds("echo", rough(), [](sim::Runtime& world) {
    auto bytes = std::make_shared<Bytes>(Bytes{.world = &world, .sent = {}, .delivered = {}});
    world.host("server", [bytes] { return serve_echo(bytes); });
    world.client("client", [bytes]() -> Task<void> {
      rondeau::JoinSet<void> talks;
      for (int i = 0; i < 4; ++i) {
        talks.spawn([bytes, i]() -> Task<void> {
          std::string text;  // no part of it looks like another
          for (int word = 0; word < 25 * (i + 1); ++word) text.append(std::to_string(i * 1000 + word)).append(1, ' ');
          while (!co_await rondeau::timeout(2s, talk(bytes, text))) {
          }
        });
      }
      while (auto ended = co_await talks.join_next()) {
        if (!*ended) (*ended).error().rethrow();
      }
    });
    world.client("trouble", [&world] { return trouble(&world, {"server"}, 3); });
    world.always("no more is delivered than was sent", [bytes] {
      for (const auto& [connection, delivered] : bytes->delivered) {
        if (delivered > bytes->sent[connection].size()) return false;
      }
      return true;
    });
  });
}
