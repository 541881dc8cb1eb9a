#include "reactor/reactor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/registration.h>

#include "support/open_descriptors.h"
#include "support/recorded_task.h"

namespace {

using namespace rondeau;
using base::PollEvent;
using base::UniqueFd;
using detail::Registration;
using detail::Waiter;
using reactor::Reactor;

struct Pair {
  Pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    near.reset(ends[0]);
    far.reset(ends[1]);
  }
  void send(std::string_view text) { REQUIRE(::write(far.get(), text.data(), text.size()) == std::ssize(text)); }
  UniqueFd near;
  UniqueFd far;
};

struct Bench {
  std::unique_ptr<Reactor> reactor = Reactor::make(base::kernel_driver()).value();
  support::RecordingScheduler scheduler;
  std::deque<support::RecordedTask> tasks;
  std::deque<Waiter> waiters;

  Registration add(const Pair& pair, std::uint32_t ready = 0) {
    return Registration::make(*reactor, pair.near.get(), ready).value();
  }
  void poll() { reactor->turn(Duration::zero()); }
  Waiter& waiter(std::uint32_t interest) {
    tasks.emplace_back(scheduler, tasks.size());
    Waiter& made = waiters.emplace_back();
    made.wake = tasks.back().wake();
    made.interest = interest;
    return made;
  }
};

TEST_CASE("reactor: a turn wakes who waits for what became possible, and nobody else") {
  Bench bench;
  Pair pair;
  Registration registration = bench.add(pair);
  bench.poll();
  registration.clear(PollEvent::Writable, registration.readiness());

  Waiter& reader = bench.waiter(detail::kReadInterest);
  Waiter& closer = bench.waiter(detail::kClosedInterest);
  REQUIRE(registration.start_wait(reader));
  REQUIRE(registration.start_wait(closer));
  bench.poll();
  CHECK(bench.scheduler.woken.empty());

  pair.send("x");
  bench.poll();
  CHECK(bench.scheduler.woken == std::vector<std::uint64_t>{0});
  CHECK_FALSE(reader.linked());
  CHECK(closer.linked());

  pair.far.reset();
  bench.poll();
  CHECK(bench.scheduler.woken == std::vector<std::uint64_t>{0, 1});
}

TEST_CASE("reactor: a wait for what is there already does not begin") {
  Bench bench;
  Pair pair;
  pair.send("x");
  Registration registration = bench.add(pair);
  bench.poll();
  Waiter& reader = bench.waiter(detail::kReadInterest);
  CHECK_FALSE(registration.start_wait(reader));
  CHECK_FALSE(reader.linked());
}

TEST_CASE("reactor: a wait that was ended is not woken") {
  Bench bench;
  Pair pair;
  Registration registration = bench.add(pair);
  Waiter& first = bench.waiter(detail::kReadInterest);
  Waiter& second = bench.waiter(detail::kReadInterest);
  Waiter& third = bench.waiter(detail::kReadInterest);
  for (Waiter* waiter : {&first, &second, &third}) REQUIRE(registration.start_wait(*waiter));
  registration.end_wait(second);
  registration.end_wait(second);
  pair.send("x");
  bench.poll();
  CHECK(bench.scheduler.woken == std::vector<std::uint64_t>{0, 2});
  registration.end_wait(first);
}

TEST_CASE("reactor: more waiters than one batch are all woken, in order") {
  Bench bench;
  Pair pair;
  Registration registration = bench.add(pair);
  for (int i = 0; i < 100; ++i) REQUIRE(registration.start_wait(bench.waiter(detail::kReadInterest)));
  pair.send("x");
  bench.poll();
  REQUIRE(bench.scheduler.woken.size() == 100);
  CHECK(std::is_sorted(bench.scheduler.woken.begin(), bench.scheduler.woken.end()));
}

TEST_CASE("reactor: clearing readiness does not lose an edge that came after it was read") {
  Bench bench;
  Pair pair;
  Registration registration = bench.add(pair, PollEvent::Readable);
  const detail::Readiness seen = registration.readiness();
  // The caller meets EAGAIN here; then bytes come, and a turn reports them before the caller clears.
  pair.send("x");
  bench.poll();
  registration.clear(PollEvent::Readable, seen);
  CHECK(registration.readiness().any(PollEvent::Readable));

  registration.clear(PollEvent::Readable, registration.readiness());
  CHECK_FALSE(registration.readiness().any(PollEvent::Readable));
}

TEST_CASE("reactor: clearing one direction leaves the other") {
  Bench bench;
  Pair pair;
  pair.send("x");
  Registration registration = bench.add(pair);
  bench.poll();
  registration.clear(PollEvent::Readable, registration.readiness());
  CHECK(registration.readiness().any(PollEvent::Writable));
}

TEST_CASE("reactor: closed bits are cleared only where they are named") {
  Bench bench;
  Pair pair;
  Registration registration = bench.add(pair);
  pair.far.reset();
  bench.poll();
  registration.clear(PollEvent::Readable | PollEvent::Writable, registration.readiness());
  CHECK(registration.readiness().any(PollEvent::ReadClosed));
  CHECK(registration.readiness().any(PollEvent::WriteClosed));
  CHECK_FALSE(registration.readiness().any(PollEvent::Readable));
  registration.clear(PollEvent::ReadClosed, registration.readiness());
  CHECK_FALSE(registration.readiness().any(PollEvent::ReadClosed));
  CHECK(registration.readiness().any(PollEvent::WriteClosed));
}

TEST_CASE("reactor: the tick moves with every report, round its 15 bits") {
  Bench bench;
  Pair pair;
  Registration registration = bench.add(pair);
  const std::uint32_t begin = registration.readiness().tick();
  for (int i = 0; i < 1 << 15; ++i) {
    pair.send("x");
    bench.poll();
    char byte;
    REQUIRE(::read(pair.near.get(), &byte, 1) == 1);
    if (i == 0) CHECK(registration.readiness().tick() != begin);
  }
  CHECK(registration.readiness().tick() == begin);
  CHECK_FALSE(registration.readiness().is_shutdown());
}

/// Deregisters in the middle of a batch, as a task on another worker might.
class BatchPoller final : public base::Poller {
 public:
  Result<void> add(int, std::uint64_t token) override { return tokens.push_back(token), Result<void>(); }
  void remove(int) noexcept override {}
  std::span<const PollEvent> wait(std::optional<Duration>) noexcept override {
    if (during_wait) during_wait();
    return std::exchange(events, {});
  }
  void wake() noexcept override { ++wakes; }

  std::vector<std::uint64_t> tokens;
  std::span<const PollEvent> events;
  std::function<void()> during_wait;
  int wakes = 0;
};

class BatchDriver final : public base::Driver {
 public:
  BatchPoller* poller = nullptr;
  Result<std::unique_ptr<base::Poller>> make_poller(std::size_t) override {
    auto made = std::make_unique<BatchPoller>();
    poller = made.get();
    return std::unique_ptr<base::Poller>(std::move(made));
  }
  base::Instant now() noexcept override { return {}; }
  std::int64_t wall_clock() noexcept override { return 0; }
  void random(std::span<std::byte>) noexcept override {}
  Result<int> socket(int, int, int) override { return Errc::Unsupported; }
  Result<void> bind(int, const sockaddr*, socklen_t) override { return Errc::Unsupported; }
  Result<void> listen(int, int) override { return Errc::Unsupported; }
  Result<int> accept(int, sockaddr*, socklen_t*) override { return Errc::Unsupported; }
  Result<void> connect(int, const sockaddr*, socklen_t) override { return Errc::Unsupported; }
  Result<std::size_t> receive(int, std::span<std::byte>, int) override { return Errc::Unsupported; }
  Result<base::Received> receive_telling_rest(int, std::span<std::byte>) override { return Errc::Unsupported; }
  Result<std::size_t> send(int, std::span<const std::byte>) override { return Errc::Unsupported; }
  Result<std::size_t> send_vectored(int, std::span<const base::ConstBuffer>) override { return Errc::Unsupported; }
  Result<void> shutdown(int, int) override { return Errc::Unsupported; }
  void close(int) noexcept override {}
  Result<void> set_option(int, int, int, std::span<const std::byte>) override { return Errc::Unsupported; }
  Result<std::size_t> option(int, int, int, std::span<std::byte>) override { return Errc::Unsupported; }
  Result<void> local_address(int, sockaddr*, socklen_t*) override { return Errc::Unsupported; }
  Result<void> peer_address(int, sockaddr*, socklen_t*) override { return Errc::Unsupported; }
};

TEST_CASE("reactor: an event of a batch never reaches a descriptor registered after the batch was fetched") {
  BatchDriver driver;
  auto reactor = Reactor::make(driver).value();
  Registration old = Registration::make(*reactor, 3, 0).value();
  const PollEvent event{.token = driver.poller->tokens.at(0), .ready = PollEvent::Readable};
  Registration young;
  driver.poller->during_wait = [&] {
    // The batch with the old descriptor's event is fetched; it is closed and its number used again.
    driver.poller->events = {&event, 1};
    old.reset();
    young = Registration::make(*reactor, 3, 0).value();
  };
  reactor->turn(Duration::zero());
  CHECK_FALSE(young.readiness().any(~0u));

  // Later the record is used again, and still is another one to the reactor.
  driver.poller->during_wait = nullptr;
  reactor->turn(Duration::zero());
  Registration third = Registration::make(*reactor, 3, 0).value();
  CHECK(static_cast<std::uint32_t>(driver.poller->tokens.back()) == static_cast<std::uint32_t>(event.token));
  driver.poller->events = {&event, 1};
  reactor->turn(Duration::zero());
  CHECK_FALSE(third.readiness().any(~0u));
}

TEST_CASE("reactor: sixteen descriptors that wait for their release wake a sleeping owner, once") {
  BatchDriver driver;
  auto reactor = Reactor::make(driver).value();
  std::vector<Registration> registrations;
  for (int i = 0; i < 40; ++i) registrations.push_back(Registration::make(*reactor, i, 0).value());
  driver.poller->during_wait = [&] {
    for (int i = 0; i < 15; ++i) registrations.pop_back();
    CHECK(driver.poller->wakes == 0);
    registrations.pop_back();
    CHECK(driver.poller->wakes == 1);
    registrations.pop_back();
  };
  reactor->turn(std::nullopt);
  CHECK(driver.poller->wakes == 1);
  // Awake, it empties the list by itself.
  driver.poller->during_wait = nullptr;
  registrations.clear();
  CHECK(driver.poller->wakes == 1);
}

TEST_CASE("reactor: shutdown wakes everyone, ends later waits at once and refuses descriptors") {
  Bench bench;
  Pair pair;
  Pair other;
  Registration registration = bench.add(pair);
  for (int i = 0; i < 40; ++i) REQUIRE(registration.start_wait(bench.waiter(detail::kReadInterest)));
  bench.reactor->shutdown();
  bench.reactor->shutdown();
  CHECK(bench.scheduler.woken.size() == 40);
  CHECK(registration.readiness().is_shutdown());
  CHECK_FALSE(registration.start_wait(bench.waiter(detail::kReadInterest)));
  registration.clear(~0u, registration.readiness());
  CHECK(registration.readiness().is_shutdown());
  CHECK(Registration::make(*bench.reactor, other.near.get(), 0).error() == Errc::ShuttingDown);
}

TEST_CASE("reactor: a registration may outlive its reactor's owner, and nothing leaks") {
  const auto before = support::open_descriptors();
  {
    Pair pair;
    auto reactor = Reactor::make(base::kernel_driver()).value();
    Registration registration = Registration::make(*reactor, pair.near.get(), 0).value();
    reactor.reset();
    CHECK(registration.readiness().is_shutdown());
    CHECK(registration.reset() == pair.near.get());
  }
  CHECK(support::open_descriptors() == before);
}

TEST_CASE("reactor: what cannot be polled is refused and leaves no registration") {
  Bench bench;
  UniqueFd file(::dup(STDIN_FILENO));
  CHECK(Registration::make(*bench.reactor, 1'000'000, 0).error().os_error() == EBADF);
  CHECK(bench.reactor->registered() == 0);
}

TEST_CASE("reactor: registrations are counted, now and in total") {
  Bench bench;
  Pair first;
  Pair second;
  Registration one = bench.add(first);
  {
    Registration two = bench.add(second);
    CHECK(bench.reactor->registered() == 2);
  }
  CHECK(bench.reactor->registered() == 1);
  CHECK(bench.reactor->registered_total() == 2);
  CHECK(bench.reactor->deregistered_total() == 1);
  bench.poll();
  CHECK(bench.reactor->ready_total() == 1);
}

}  // namespace
