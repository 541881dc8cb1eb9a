// A server that does what a test says, in memory.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/io/duplex.h>
#include <rondeau/redis/client.h>
#include <rondeau/redis/options.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/task.h>
#include <rondeau/test/run.h>

namespace rondeau::support {

/// `GET a b` as a client sends it.
inline std::string wire(std::string_view command) {
  std::string body;
  std::size_t count = 0;
  while (!command.empty()) {
    const std::string_view word = command.substr(0, command.find(' '));
    command.remove_prefix(word.size() == command.size() ? word.size() : word.size() + 1);
    body += "$" + std::to_string(word.size()) + "\r\n" + std::string(word) + "\r\n";
    ++count;
  }
  return "*" + std::to_string(count) + "\r\n" + body;
}

inline constexpr std::string_view kGreeting = "%1\r\n$5\r\nproto\r\n:3\r\n";

/// The server's end of one connection.
class PeerConnection {
 public:
  explicit PeerConnection(io::DuplexStream stream) : stream_(std::make_unique<io::DuplexStream>(std::move(stream))) {}

  /// Reads so many bytes as `bytes` has; they are to be the same.
  task::Task<void> expect(std::string bytes) {
    std::string got(bytes.size(), '\0');
    const auto read = co_await stream_->read_exact(std::as_writable_bytes(std::span(got)));
    CHECK(read.has_value());
    CHECK(got == bytes);
  }
  task::Task<void> expect_command(std::string command) { return expect(wire(command)); }
  task::Task<void> send(std::string bytes) { CHECK((co_await stream_->write_all(bytes)).has_value()); }
  /// The end of what the client sends.
  task::Task<void> expect_end() {
    std::byte one{};
    const auto read = co_await stream_->read_some(std::span(&one, 1));
    CHECK((!read || *read == 0));
  }
  /// Everything that has come and was not read.
  std::string take_all() {
    std::string all;
    std::byte room[4096];
    while (true) {
      const auto read = stream_->try_read(room);
      if (!read || *read == 0) return all;
      all.append(reinterpret_cast<const char*>(room), *read);
    }
  }
  void close() { stream_.reset(); }

 private:
  std::unique_ptr<io::DuplexStream> stream_;
};

class Peer {
 public:
  /// Options of clients that come here. Lifetime: the peer outlives them.
  redis::Options options() {
    redis::Options options;
    options.dial = [state = state_]() -> task::Task<base::Result<io::AnyStream>> { return connect(state); };
    return options;
  }
  /// From now on connecting fails, or works again.
  void refuse(bool on) { state_->refuses = on; }
  std::size_t dials() const { return state_->dials; }

  /// The next connection, before its HELLO.
  task::Task<PeerConnection> accept() {
    while (state_->waiting.empty()) co_await state_->came.notified();
    PeerConnection connection(std::move(state_->waiting.front()));
    state_->waiting.pop_front();
    co_return connection;
  }
  /// The next connection, greeted.
  task::Task<PeerConnection> greet() {
    PeerConnection connection = co_await accept();
    co_await connection.expect_command("HELLO 3");
    co_await connection.send(std::string(kGreeting));
    co_return connection;
  }

 private:
  struct State {
    std::deque<io::DuplexStream> waiting;
    Notify came;
    bool refuses = false;
    std::size_t dials = 0;
  };
  static task::Task<base::Result<io::AnyStream>> connect(std::shared_ptr<State> state) {
    ++state->dials;
    if (state->refuses) co_return Error(Errc::ConnectionRefused, "connect here");
    auto [ours, theirs] = io::duplex(256 * 1024);
    state->waiting.push_back(std::move(theirs));
    state->came.notify_one();
    co_return io::AnyStream(std::move(ours));
  }
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

inline constexpr test::Options kPaused{.start_paused = true};

inline redis::Client open(redis::Options options) {
  auto client = redis::Client::open(std::move(options));
  REQUIRE(client);
  return *std::move(client);
}

}  // namespace rondeau::support
