#include <rondeau/tls/stream.h>

#include <malloc.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/task/join.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/test/run.h>
#include <rondeau/time/timeout.h>

#include "runtime/tls/pair.h"
#include "runtime/tls/raw_peer.h"
#include "support/sanitized.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using support::client_config;
using support::pattern;
using support::RawPeer;
using support::read_text;
using support::server_config;
using support::shake;
using support::Shaken;

/// A server with a peer that is not ours.
struct WithRaw {
  WithRaw(io::DuplexStream near, io::DuplexStream far)
      : server(std::move(near), server_config()), wire(std::move(far)) {}
  static WithRaw make(const io::DuplexOptions& options = {}) {
    auto [near, far] = io::duplex(options);
    return WithRaw(std::move(near), std::move(far));
  }
  Task<bool> begin(RawPeer& peer) {
    auto [served, asked] = co_await join(server.handshake(), peer.shake(wire));
    co_return served.has_value() && asked;
  }
  tls::Stream server;
  io::DuplexStream wire;
};

Task<bool> send_and_end(tls::Stream& stream, const std::string& text) {
  const bool sent = (co_await stream.write_all(text)).has_value();
  co_return sent && (co_await stream.shutdown()).has_value();
}

}  // namespace

TEST_CASE("NE8: tls: bytes go both ways, and close_notify is the end of one direction only") {
  test::run([]() -> Task<void> {
    Shaken pair = co_await shake(server_config(), client_config());
    REQUIRE(pair.server);
    REQUIRE(pair.client);
    CHECK(pair.client->version() == "TLSv1.3");
    CHECK(pair.server->version() == "TLSv1.3");
    CHECK(pair.server->cipher().starts_with("TLS_"));
    CHECK_FALSE(pair.server->resumed());
    CHECK(co_await send_and_end(*pair.client, "question"));
    CHECK((co_await read_text(*pair.server)).value() == "question");
    CHECK(co_await send_and_end(*pair.server, "answer"));
    CHECK((co_await read_text(*pair.client)).value() == "answer");
    CHECK((co_await pair.server->write_some(support::bytes("more"))).error() == Errc::BrokenPipe);
  });
}

TEST_CASE("NE8: tls: whatever the pipe below holds, moves and cuts, both directions at once arrive whole") {
  const std::string there = pattern(70'000);
  const std::string back = pattern(40'001);
  struct Row {
    io::DuplexOptions options;
    std::size_t bytes;
  };
  const std::vector<Row> rows{
      {{.max = 1}, 300},
      {{.max = 2, .read_limit = 1, .write_limit = 1}, 500},
      {{.max = 5, .read_limit = 3}, 2'000},
      {{.max = 64, .write_limit = 7}, 20'000},
      {{.max = 1000, .read_limit = 999}, 70'000},
      {{.max = 16 * 1024 + 21}, 70'000},
      {{.max = 1 << 20}, 70'000},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options.max);
    test::run([&]() -> Task<void> {
      Shaken pair = co_await shake(server_config(), client_config(), "server.test", row.options);
      REQUIRE(pair.server);
      REQUIRE(pair.client);
      const std::string up = there.substr(0, row.bytes);
      const std::string down = back.substr(0, row.bytes / 2);
      auto [sent, answered, got_up, got_down] =
          co_await join(send_and_end(*pair.client, up), send_and_end(*pair.server, down), read_text(*pair.server),
                        read_text(*pair.client));
      CHECK(sent);
      CHECK(answered);
      CHECK(got_up.value() == up);
      CHECK(got_down.value() == down);
    });
  }
}

TEST_CASE("NE8: tls: a flight of the handshake may be cut anywhere") {
  // The first bytes of the client arrive in two parts, at each place where they can be parted.
  std::size_t size = 0;
  {
    RawPeer probe;
    SSL_do_handshake(probe.ssl());
    size = probe.output().size();
  }
  for (std::size_t cut = 1; cut < size; ++cut) {
    test::run([&]() -> Task<void> {
      WithRaw both = WithRaw::make();
      RawPeer peer;
      SSL_do_handshake(peer.ssl());
      const std::string hello = peer.output();
      auto shaking = spawn([&]() -> Task<bool> { co_return (co_await both.server.handshake()).has_value(); });
      CHECK(co_await both.wire.write_all(std::string_view(hello).substr(0, cut)));
      co_await task::yield_now();
      co_await task::yield_now();
      CHECK(co_await both.wire.write_all(std::string_view(hello).substr(cut)));
      CHECK(co_await peer.receive(both.wire));
      CHECK(co_await peer.shake(both.wire));
      CHECK((co_await shaking).value());
    });
  }
}

TEST_CASE("NE8: tls: records of one byte, some in one read and some in parts, are one stream") {
  test::run([]() -> Task<void> {
    WithRaw both = WithRaw::make();
    RawPeer peer;
    REQUIRE(co_await both.begin(peer));
    std::string records;
    for (const char c : pattern(1'000)) records += peer.record({&c, 1});
    auto writing = spawn([&]() -> Task<bool> {
      for (std::size_t at = 0; at < records.size(); at += 37) {
        if (!co_await both.wire.write_all(std::string_view(records).substr(at, 37))) co_return false;
        if (at % 5 == 0) co_await task::yield_now();
      }
      co_return true;
    });
    CHECK((co_await read_text(both.server, 1'000)).value() == pattern(1'000));
    CHECK((co_await writing).value());
  });
}

TEST_CASE("NE8: tls: what OpenSSL has taken in ahead is readable without the carrier being so") {
  test::run(
      []() -> Task<void> {
        WithRaw both = WithRaw::make();
        RawPeer peer;
        REQUIRE(co_await both.begin(peer));
        const std::string two = peer.record("first") + peer.record("second");
        // And half of a third one, which is nothing to read yet.
        const std::string third = peer.record("third");
        CHECK(co_await both.wire.write_all(two + third.substr(0, 10)));
        CHECK((co_await read_text(both.server, 5)).value() == "first");
        co_await both.server.readable();
        CHECK((co_await read_text(both.server, 6)).value() == "second");
        std::byte room[8];
        CHECK(both.server.try_read(room).error() == Errc::WouldBlock);
        CHECK_FALSE((co_await timeout(10ms, both.server.readable())).has_value());
        CHECK(co_await both.wire.write_all(std::string_view(third).substr(10)));
        co_await both.server.readable();
        CHECK((co_await read_text(both.server, 5)).value() == "third");
      },
      {.start_paused = true});
}

TEST_CASE("NE8: tls: what came right behind the handshake is readable") {
  test::run([]() -> Task<void> {
    WithRaw both = WithRaw::make();
    RawPeer peer;
    auto shaking = spawn([&]() -> Task<bool> { co_return (co_await both.server.handshake()).has_value(); });
    SSL_do_handshake(peer.ssl());
    CHECK(co_await peer.flush(both.wire));
    CHECK(co_await peer.receive(both.wire));
    CHECK(SSL_do_handshake(peer.ssl()) == 1);
    CHECK(co_await both.wire.write_all(peer.output() + peer.record("early bird")));
    CHECK((co_await shaking).value());
    co_await both.server.readable();
    CHECK((co_await read_text(both.server, 10)).value() == "early bird");
  });
}

TEST_CASE("NE8: tls: key updates in mid-stream are answered, whether or not the peer reads the answers at once") {
  test::run([]() -> Task<void> {
    WithRaw both = WithRaw::make({.max = 64});
    RawPeer peer;
    REQUIRE(co_await both.begin(peer));
    auto reading = spawn([&] { return read_text(both.server, 400); });
    for (int i = 0; i < 100; ++i) {
      // Asks the server for new keys as well.
      REQUIRE(SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
      REQUIRE(co_await both.wire.write_all(peer.record("text")));
    }
    CHECK((co_await reading).value().value().size() == 400);
    // Nothing was read so far, so most answers still wait; then the text behind them.
    auto writing =
        spawn([&]() -> Task<bool> { co_return (co_await both.server.write_all("behind them")).has_value(); });
    CHECK(co_await peer.read(both.wire, 11) == "behind them");
    CHECK((co_await writing).value());
  });
}

TEST_CASE("NE8: tls: a peer that asks for new keys without end and reads nothing is given up") {
  test::run(
      []() -> Task<void> {
        WithRaw both = WithRaw::make({.max = 64});
        RawPeer peer;
        REQUIRE(co_await both.begin(peer));
        auto reading = spawn([&] { return read_text(both.server); });
        bool ended = false;
        for (int i = 0; i < 10'000 && !ended; ++i) {
          SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED);
          const std::string update = peer.record("x");
          ended = !(co_await timeout(1s, both.wire.write_all(update))).has_value() || reading.is_finished();
        }
        CHECK(ended);
        CHECK((co_await reading).value().error() == Errc::TooLarge);
      },
      {.start_paused = true});
}

TEST_CASE("NE8: tls: an end without close_notify is an error, wherever it comes") {
  for (const std::size_t cut : {0u, 1u, 4u, 5u, 20u}) {
    CAPTURE(cut);
    test::run([&]() -> Task<void> {
      WithRaw both = WithRaw::make();
      RawPeer peer;
      REQUIRE(co_await both.begin(peer));
      CHECK(co_await both.wire.write_all(peer.record("whole") + peer.record("never whole").substr(0, cut)));
      CHECK(co_await both.wire.shutdown());
      CHECK((co_await read_text(both.server, 5)).value() == "whole");
      const auto rest = co_await read_text(both.server);
      REQUIRE_FALSE(rest);
      CHECK(rest.error() == Errc::UnexpectedEof);
      CHECK(rest.error().message() == "TLS read: no close_notify: unexpected end of stream");
      // And it stays so.
      std::byte room[8];
      CHECK(both.server.try_read(room).error() == Errc::UnexpectedEof);
      CHECK(both.server.try_write(room).error() == Errc::UnexpectedEof);
      co_await both.server.readable();
      co_await both.server.writable();
    });
  }
}

TEST_CASE("NE8: tls: records that are none end the connection with a reason, and nothing of them is read") {
  struct Row {
    const char* name;
    std::function<std::string(RawPeer&)> bytes;
  };
  const std::vector<Row> rows{
      {"a changed byte",
       [](RawPeer& peer) {
         std::string record = peer.record("secret");
         record.back() = static_cast<char>(record.back() ^ 1);
         return record;
       }},
      {"the same record twice",
       [](RawPeer& peer) {
         const std::string record = peer.record("once");
         return record + record;
       }},
      {"a record left out",
       [](RawPeer& peer) {
         static_cast<void>(peer.record("first"));
         return peer.record("second");
       }},
      {"a length that no record has",
       [](RawPeer&) { return std::string("\x17\x03\x03\xff\xff", 5) + std::string(100, 'x'); }},
      {"a type that there is not",
       [](RawPeer&) { return std::string("\x63\x03\x03\x00\x20", 5) + std::string(32, 'x'); }},
      {"data in clear text", [](RawPeer&) { return std::string("\x17\x03\x03\x00\x05hello", 10); }},
      {"an alert in clear text", [](RawPeer&) { return std::string("\x15\x03\x03\x00\x02\x01\x00", 7); }},
      {"another handshake",
       [](RawPeer&) {
         RawPeer other;
         SSL_do_handshake(other.ssl());
         return other.output();
       }},
      {"text", [](RawPeer&) { return std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    test::run([&]() -> Task<void> {
      WithRaw both = WithRaw::make();
      RawPeer peer;
      REQUIRE(co_await both.begin(peer));
      CHECK(co_await both.wire.write_all(row.bytes(peer)));
      const auto got = co_await read_text(both.server, 100);
      REQUIRE_FALSE(got);
      CHECK(got.error() == Errc::InvalidData);
      CHECK(got.error().message().starts_with("TLS read: "));
    });
  }
}

TEST_CASE("NE8: tls: key updates that come with no content end the connection") {
  test::run([]() -> Task<void> {
    WithRaw both = WithRaw::make({.max = 1 << 20});
    RawPeer peer;
    REQUIRE(co_await both.begin(peer));
    std::string updates;
    for (int i = 0; i < 32; ++i) {
      SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
      CHECK(SSL_do_handshake(peer.ssl()) == 1);
      updates += peer.output();
    }
    CHECK(co_await both.wire.write_all(updates + peer.record("text")));
    CHECK((co_await read_text(both.server, 4)).value() == "text");
    updates.clear();
    for (int i = 0; i < 33; ++i) {
      SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
      CHECK(SSL_do_handshake(peer.ssl()) == 1);
      updates += peer.output();
    }
    CHECK(co_await both.wire.write_all(updates));
    CHECK((co_await read_text(both.server, 4)).error() == Errc::InvalidData);
  });
}

TEST_CASE("NE8: tls: when the carrier breaks in a write every later one fails; what has come can still be read") {
  test::run([]() -> Task<void> {
    auto ends = std::make_unique<WithRaw>(WithRaw::make({.max = 1000}));
    RawPeer peer;
    REQUIRE(co_await ends->begin(peer));
    const std::string text = pattern(10'000);
    CHECK(ends->server.try_write(support::bytes(text)).error() == Errc::WouldBlock);
    CHECK(co_await ends->wire.write_all(peer.record("last words")));
    CHECK(ends->wire.try_shutdown(io::How::Read));
    for (int i = 0; i < 3; ++i) CHECK(ends->server.try_write(support::bytes(text)).error() == Errc::BrokenPipe);
    CHECK(ends->server.try_flush().error() == Errc::BrokenPipe);
    CHECK((co_await read_text(ends->server, 10)).value() == "last words");
  });
}

TEST_CASE("NE8: tls: a read that is cancelled loses nothing, a write that is cancelled is not sent twice") {
  test::run(
      []() -> Task<void> {
        Shaken pair = co_await shake(server_config(), client_config(), "server.test", {.max = 100});
        REQUIRE(pair.server);
        std::byte room[64];
        CHECK_FALSE(co_await timeout(1ms, pair.server->read_some(room)));
        const std::string first(1'000, '1');
        const std::string second(1'000, '2');
        // One record, of which 100 bytes fit.
        CHECK_FALSE(co_await timeout(1ms, pair.client->write_some(support::bytes(first))));
        auto [sent, got] = co_await join(send_and_end(*pair.client, second), read_text(*pair.server));
        CHECK(sent);
        CHECK(got.value() == first + second);
      },
      {.start_paused = true});
}

TEST_CASE("NE8: tls: a handshake may be destroyed wherever it waits") {
  test::run([]() -> Task<void> {
    const tls::ServerConfig server = server_config();
    const tls::ClientConfig client = client_config();
    const auto report = co_await test::CancelEverywhere{
        [&]() -> Task<bool> {
          Shaken pair = co_await shake(server, client, "server.test", {.max = 40});
          co_return pair.server.has_value() && pair.client.has_value();
        },
        [](std::optional<bool> done) {
          return done.value_or(true);
        }}.run();
    CHECK(report.suspensions > 20);
  });
}

TEST_CASE("NE8: tls: an exchange may be destroyed wherever it waits") {
  test::run([]() -> Task<void> {
    const tls::ServerConfig server = server_config();
    const tls::ClientConfig client = client_config();
    const std::string text = pattern(40'000);
    const auto report = co_await test::CancelEverywhere{
        [&]() -> Task<bool> {
          Shaken pair = co_await shake(server, client, "server.test", {.max = 3'000});
          auto [sent, got] = co_await join(send_and_end(*pair.client, text), read_text(*pair.server));
          co_return sent&& got.value() == text;
        },
        [](std::optional<bool> done) {
          return done.value_or(true);
        }}.run();
    CHECK(report.suspensions > 10);
  });
}

TEST_CASE("NE8: tls: one task reads and another writes, on two workers") {
  test::run(
      []() -> Task<void> {
        const std::string text = pattern(400'000);
        Shaken pair = co_await shake(server_config(), client_config(), "server.test", {.max = 5'000});
        REQUIRE(pair.server);
        REQUIRE(pair.client);
        auto up = spawn([&] { return send_and_end(*pair.client, text); });
        auto down = spawn([&] { return send_and_end(*pair.server, text); });
        auto got_up = spawn([&] { return read_text(*pair.server); });
        auto got_down = spawn([&] { return read_text(*pair.client); });
        CHECK((co_await up).value());
        CHECK((co_await down).value());
        CHECK((co_await got_up).value().value() == text);
        CHECK((co_await got_down).value().value() == text);
      },
      {.flavor = test::Flavor::MultiThread, .workers = 4});
}

TEST_CASE("NE8: tls: over sockets, where the system tells readiness once") {
  for (const auto flavor : {test::Flavor::CurrentThread, test::Flavor::MultiThread}) {
    test::run(
        []() -> Task<void> {
          const std::string text = pattern(3'000'000);
          auto listener = net::TcpListener::bind("127.0.0.1:0").value();
          auto [accepted, dialled] =
              co_await join(listener.accept(), net::TcpStream::connect(listener.local_addr().value()));
          auto [served, asked] =
              co_await join(tls::accept(std::move(accepted).value(), server_config()),
                            tls::connect(std::move(dialled).value(), client_config(), "server.test"));
          REQUIRE(served);
          REQUIRE(asked);
          CHECK(served->described_descriptor() >= 0);
          auto up = spawn([&] { return send_and_end(*asked, text); });
          auto down = spawn([&] { return send_and_end(*served, text); });
          auto got_up = spawn([&] { return read_text(*served); });
          auto got_down = spawn([&] { return read_text(*asked); });
          CHECK((co_await up).value());
          CHECK((co_await down).value());
          CHECK((co_await got_up).value().value() == text);
          CHECK((co_await got_down).value().value() == text);
        },
        {.flavor = flavor});
  }
}

TEST_CASE("NE8: tls: before the handshake there is nothing to read or write; ending the reading ends the handshake") {
  test::run([]() -> Task<void> {
    auto [near, far] = io::duplex(1024);
    tls::Stream stream(std::move(near), server_config());
    std::byte room[8];
    CHECK(stream.try_read(room).error() == Errc::NotConnected);
    CHECK(stream.try_write(room).error() == Errc::NotConnected);
    CHECK(stream.alpn().empty());
    CHECK(stream.version().empty());
    CHECK(stream.server_name().empty());
    auto shaking = spawn([&] { return stream.handshake(); });
    co_await task::yield_now();
    CHECK(stream.try_shutdown(io::How::Read));
    CHECK_FALSE((co_await shaking).value());
  });
}

TEST_CASE("NE8: tls: gathered buffers go out as few records, in order") {
  test::run([]() -> Task<void> {
    Shaken pair = co_await shake(server_config(), client_config());
    REQUIRE(pair.server);
    std::vector<std::string> parts{"", "head", "", std::string(20'000, 'b'), "tail", ""};
    std::string whole;
    for (const std::string& part : parts) whole += part;
    std::vector<io::ConstBuffer> buffers(parts.begin(), parts.end());
    auto [sent, got] = co_await join(pair.server->write_all_vectored(buffers), read_text(*pair.client, whole.size()));
    CHECK(sent);
    CHECK(got.value() == whole);
    CHECK((co_await pair.server->write_some({})).value() == 0);
  });
}

TEST_CASE("NE8: tls: an idle connection holds no buffers") {
  if constexpr (support::kSanitized) return;
  test::run([]() -> Task<void> {
    constexpr std::size_t kPairs = 64;
    const tls::ServerConfig server = server_config();
    std::vector<tls::Stream> kept;
    kept.reserve(kPairs);
    std::size_t before = 0;
    // The client is gone from the count: what is left is what a server holds.
    for (std::size_t i = 0; i < kPairs + 1; ++i) {
      if (i == 1) before = ::mallinfo2().uordblks;
      auto [near, far] = io::duplex(16);
      io::AnyStream carrier(std::move(near));
      tls::Stream stream(std::move(carrier), server);
      {
        tls::Stream client(std::move(far), client_config(), "server.test");
        auto [served, asked] = co_await join(stream.handshake(), client.handshake());
        REQUIRE(served);
        auto [sent, got] = co_await join(client.write_all(pattern(40'000)), read_text(stream, 40'000));
        REQUIRE(sent);
        auto [answered, read] = co_await join(stream.write_all(pattern(40'000)), read_text(client, 40'000));
        REQUIRE(answered);
        std::byte room[8];
        CHECK(stream.try_read(room).error() == Errc::WouldBlock);
      }
      if (i > 0) kept.push_back(std::move(stream));
    }
    const std::size_t each = (::mallinfo2().uordblks - before) / kPairs;
    MESSAGE("bytes held by an idle TLS connection: " << each);
    CHECK(each < 16 * 1024);
  });
}
