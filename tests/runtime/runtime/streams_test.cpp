// Sources of every room as streams.
#include <rondeau/task/stream.h>

#include <csignal>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/fs/file.h>
#include <rondeau/fs/files.h>
#include <rondeau/fs/read_dir.h>
#include <rondeau/io/framed.h>
#include <rondeau/io/pieces.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/net/unix_listener.h>
#include <rondeau/net/unix_stream.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/signal/signal.h>
#include <rondeau/sync/broadcast.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/mpsc_unbounded.h>
#include <rondeau/sync/watch.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/join_map.h>
#include <rondeau/task/join_queue.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/select.h>
#include <rondeau/task/stream_adaptors.h>
#include <rondeau/task/stream_ends.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/delay_queue.h>
#include <rondeau/time/interval.h>

#include "support/temporary_directory.h"

using namespace rondeau;
using namespace std::chrono_literals;
using Ints = std::vector<int>;

namespace {

template <class S, class Item>
inline constexpr bool gives = task::Stream<S> && std::is_same_v<task::ItemOf<S>, Item>;

static_assert(gives<Receiver<int>, int>);
static_assert(gives<UnboundedReceiver<int>, int>);
static_assert(gives<BroadcastReceiver<int>, Result<int, Lagged>>);
static_assert(gives<WatchReceiver<int>, int>);
static_assert(gives<time::Interval, Instant>);
static_assert(gives<DelayQueue<int>, DelayQueue<int>::Expired>);
static_assert(gives<net::TcpListener, Result<net::TcpStream>>);
static_assert(gives<net::UnixListener, Result<net::UnixStream>>);
static_assert(gives<signal::Signal, SignalKind>);
static_assert(gives<fs::ReadDir, Result<fs::DirEntry>>);
static_assert(gives<JoinSet<int>, Result<int, JoinError>>);
static_assert(task::Stream<JoinMap<std::string, int>>);
static_assert(gives<JoinQueue<int>, Result<int, JoinError>>);
static_assert(gives<AsyncGenerator<int>, int>);

template <class Body>
auto run(Body body) {
  auto runtime = runtime::Builder::current_thread().build().value();
  return runtime.block_on(std::move(body));
}
/// Nothing comes now; the await is dropped.
template <class S>
Task<bool> is_silent(S& stream) {
  const auto won = co_await select(stream.next(), yield_now()).biased();
  co_return won.index() == 1;
}

}  // namespace

TEST_CASE("GE4: receivers of mpsc channels are streams of their messages, and lose none to a next() that is dropped") {
  run([]() -> Task<void> {
    auto [tx, rx] = mpsc<int>(4);
    CHECK(co_await is_silent(rx));
    for (int i = 0; i < 3; ++i) CHECK(co_await tx.send(i));
    { auto closed = std::move(tx); }
    CHECK(co_await task::collect(rx | task::filter([](int i) { return i != 1; })) == Ints{0, 2});
    auto [unbounded_tx, unbounded_rx] = mpsc_unbounded<int>();
    CHECK(unbounded_tx.send(7));
    CHECK(co_await unbounded_rx.next() == 7);
  });
}

TEST_CASE("GE4: a broadcast receiver is a stream that tells where it missed values") {
  run([]() -> Task<void> {
    auto [tx, rx] = broadcast<int>(2);
    CHECK(co_await is_silent(rx));
    for (int i = 0; i < 5; ++i) CHECK(tx.send(i));
    { auto closed = std::move(tx); }
    auto first = co_await rx.next();
    REQUIRE(first);
    CHECK(first->error().missed == 3);
    CHECK(**co_await rx.next() == 3);
    CHECK(**co_await rx.next() == 4);
    CHECK_FALSE(co_await rx.next());
  });
}

TEST_CASE("GE4: a watch as a stream gives the present value first, then changes; from_changes() only those") {
  run([]() -> Task<void> {
    auto [tx, rx] = watch<int>(1);
    auto changes = rx.from_changes();
    CHECK(co_await is_silent(changes));
    CHECK(co_await rx.next() == 1);
    CHECK(co_await is_silent(rx));
    CHECK(tx.send(2));
    CHECK(tx.send(3));
    CHECK(co_await rx.next() == 3);
    CHECK(co_await changes.next() == 3);
    CHECK(co_await is_silent(changes));
    auto copy = rx;  // goes on from there
    CHECK(co_await is_silent(copy));
    auto fresh = tx.subscribe();
    CHECK(tx.send(4));
    { auto closed = std::move(tx); }
    CHECK(co_await rx.next() == 4);
    CHECK_FALSE(co_await rx.next());
    CHECK(co_await changes.next() == 4);
    CHECK_FALSE(co_await changes.next());
    CHECK(co_await fresh.next() == 4);
    CHECK_FALSE(co_await fresh.next());
  });
}

TEST_CASE("GE4: an interval is a stream of its ticks, and a dropped next() consumes none") {
  auto runtime = runtime::Builder::current_thread().start_paused().build().value();
  runtime.block_on([]() -> Task<void> {
    const Instant start = Instant::now();
    auto ticks = interval_at(start + 1s, 1s);
    CHECK(co_await is_silent(ticks));
    CHECK(co_await ticks.next() == start + 1s);
    CHECK(co_await is_silent(ticks));
    CHECK(co_await task::collect(ticks | task::take(2)) == std::vector<Instant>{start + 2s, start + 3s});
  }());
}

TEST_CASE("GE4: listeners are streams of connections, and a dropped next() takes none") {
  run([]() -> Task<void> {
    auto listener = net::TcpListener::bind("127.0.0.1:0").value();
    CHECK(co_await is_silent(listener));
    auto client = (co_await net::TcpStream::connect(listener.local_addr().value())).value();
    auto accepted = co_await listener.next();
    REQUIRE(accepted);
    CHECK((*accepted)->peer_addr().value() == client.local_addr().value());

    const support::TemporaryDirectory directory;
    auto local = net::UnixListener::bind(SocketAddress::unix_path((directory / "socket").native()).value()).value();
    CHECK(co_await is_silent(local));
    auto near = (co_await net::UnixStream::connect(local.local_addr().value())).value();
    CHECK((co_await local.next())->has_value());
  });
}

TEST_CASE("GE4: a signal listener is a stream") {
  run([]() -> Task<void> {
    auto listener = signal::signal(SignalKind::user_defined1()).value();
    CHECK(co_await is_silent(listener));
    ::raise(SIGUSR1);
    CHECK(co_await listener.next() == SignalKind::user_defined1());
    CHECK(co_await is_silent(listener));
  });
}

TEST_CASE("GE4: a directory and sets of tasks are streams") {
  run([]() -> Task<void> {
    const support::TemporaryDirectory directory;
    for (const char* name : {"a", "b", "c"}) CHECK(co_await fs::write(directory / name, std::string("x")));
    auto entries = (co_await fs::read_dir(directory.path())).value();
    auto named = entries | task::map([](Result<fs::DirEntry> entry) { return entry.value().name(); });
    CHECK(co_await task::collect<std::set<std::string>>(named) == std::set<std::string>{"a", "b", "c"});

    const auto give = [](int value) -> Task<int> { co_return value; };
    JoinSet<int> set;
    JoinQueue<int> queue;
    for (int i = 0; i < 3; ++i) {
      set.spawn(give, i);
      queue.spawn(give, i);
    }
    CHECK((co_await task::collect<std::set<int>>(set)).value() == std::set{0, 1, 2});
    CHECK((co_await task::collect(queue)).value() == Ints{0, 1, 2});
  });
}

TEST_CASE("GE1: a file is written once by a generator that is paused in the middle of it") {
  run([]() -> Task<void> {
    const support::TemporaryDirectory directory;
    const std::string text(4'000'000, 'x');  // so much that it is under way when the next() is lost
    auto generator = [](std::filesystem::path path, const std::string& bytes) -> AsyncGenerator<int> {
      auto file = (co_await fs::File::create(path)).value();
      for (int i = 0; i < 4; ++i) {
        CHECK(co_await file.write_all(std::as_bytes(std::span(bytes))));
        co_yield i;
      }
      CHECK(co_await file.flush());
    }(directory / "file", text);
    int given = 0;
    int lost = 0;
    for (bool more = true; more;) {
      auto won = co_await select(generator.next(), yield_now()).biased();
      if (won.is<1>()) {
        REQUIRE(++lost < 1'000'000);
        continue;
      }
      more = won.get<0>().has_value();
      given += more;
    }
    CHECK(given == 4);
    CHECK(std::filesystem::file_size(directory / "file") == 4 * text.size());
  });
}
