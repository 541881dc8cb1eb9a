// CancelEverywhere itself; and with it every awaitable that promises to lose nothing, or its place at most.
#include <doctest/doctest.h>

#include <rondeau/test/cancel_everywhere.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/fs/read_dir.h>
#include <rondeau/io/async_fd.h>
#include <rondeau/io/buf_reader.h>
#include <rondeau/io/duplex.h>
#include <rondeau/io/pieces.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/net/unix_stream.h>
#include <rondeau/process/command.h>
#include <rondeau/signal/signal.h>
#include <rondeau/sync/broadcast.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/sync/mpsc_unbounded.h>
#include <rondeau/sync/mutex.h>
#include <rondeau/sync/notify.h>
#include <rondeau/sync/once_cell.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/sync/rw_lock.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/sync/set_once.h>
#include <rondeau/sync/watch.h>
#include <rondeau/task/join_queue.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/task/task_tracker.h>
#include <rondeau/test/check.h>
#include <rondeau/test/run.h>
#include <rondeau/time/alarm.h>
#include <rondeau/time/interval.h>
#include <rondeau/time/readable_by.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "failures.h"
#include "support/temporary_directory.h"

using namespace rondeau;
using namespace std::chrono_literals;
using test::CancelEverywhere;
using test_test::Failures;

namespace {

Task<int> yields(int count) {
  for (int i = 0; i < count; ++i) co_await yield_now();
  co_return count;
}

// ---- the table

/// An operation, and the event that ends its wait. What the event gave must come out of the next await of the same
/// operation where the first one was destroyed, before the event or just after it.
struct World {
  std::function<Task<bool>()> operation;  ///< true: it gave what it should
  std::function<void()> event = [] {};
  std::function<void()> reset = [] {};    ///< before each run
};

struct Case {
  const char* name;
  World (*make)();
  std::size_t suspensions = 1;  ///< 0: as many as it happens to have, another thread may be quicker
};

std::span<std::byte> room(std::array<std::byte, 16>& bytes) { return bytes; }
constexpr auto kX = std::array{std::byte{'x'}};

template <class T>
std::shared_ptr<std::optional<T>> slot() {
  return std::make_shared<std::optional<T>>();
}

const Case kSync[] = {
    {"oneshot", [] {
       auto ends = slot<std::pair<sync::OneshotSender<int>, sync::OneshotReceiver<int>>>();
       return World{[ends]() -> Task<bool> { co_return co_await (*ends)->second == 7; },
                    [ends] { static_cast<void>(std::move((*ends)->first).send(7)); },
                    [ends] { ends->emplace(sync::oneshot<int>()); }};
     }},
    {"oneshot closed", [] {
       auto ends = slot<std::pair<sync::OneshotSender<int>, sync::OneshotReceiver<int>>>();
       return World{[ends]() -> Task<bool> { co_await (*ends)->first.closed(); co_return true; },
                    [ends] { (*ends)->second.close(); }, [ends] { ends->emplace(sync::oneshot<int>()); }};
     }},
    {"mpsc recv", [] {
       auto ends = std::make_shared<std::pair<sync::Sender<int>, sync::Receiver<int>>>(sync::mpsc<int>(2));
       return World{[ends]() -> Task<bool> { co_return co_await ends->second.recv() == 7; },
                    [ends] { static_cast<void>(ends->first.try_send(7)); }};
     }},
    {"mpsc recv_many", [] {
       auto ends = std::make_shared<std::pair<sync::Sender<int>, sync::Receiver<int>>>(sync::mpsc<int>(2));
       return World{[ends]() -> Task<bool> {
                      std::vector<int> out;
                      co_return co_await ends->second.recv_many(out, 5) == 2 && out == std::vector{7, 8};
                    },
                    [ends] { static_cast<void>(ends->first.try_send(7)); static_cast<void>(ends->first.try_send(8)); }};
     }},
    {"mpsc_unbounded recv", [] {
       auto ends = std::make_shared<decltype(sync::mpsc_unbounded<int>())>(sync::mpsc_unbounded<int>());
       return World{[ends]() -> Task<bool> { co_return co_await ends->second.recv() == 7; },
                    [ends] { static_cast<void>(ends->first.send(7)); }};
     }},
    {"mpsc reserve", [] {
       auto ends = slot<std::pair<sync::Sender<int>, sync::Receiver<int>>>();
       return World{[ends]() -> Task<bool> { co_return (co_await (*ends)->first.reserve()).has_value(); },
                    [ends] { static_cast<void>((*ends)->second.try_recv()); },
                    [ends] { ends->emplace(sync::mpsc<int>(1)); static_cast<void>((*ends)->first.try_send(1)); }};
     }},
    {"mpsc reserve_many", [] {
       auto ends = slot<std::pair<sync::Sender<int>, sync::Receiver<int>>>();
       return World{[ends]() -> Task<bool> { co_return (co_await (*ends)->first.reserve_many(2)).has_value(); },
                    [ends] { static_cast<void>((*ends)->second.try_recv()); },
                    [ends] { ends->emplace(sync::mpsc<int>(2)); static_cast<void>((*ends)->first.try_send(1)); }};
     }},
    {"mpsc closed", [] {
       auto ends = slot<std::pair<sync::Sender<int>, sync::Receiver<int>>>();
       return World{[ends]() -> Task<bool> { co_await (*ends)->first.closed(); co_return true; },
                    [ends] { (*ends)->second.close(); }, [ends] { ends->emplace(sync::mpsc<int>(1)); }};
     }},
    {"broadcast recv", [] {
       auto ends = std::make_shared<std::pair<sync::BroadcastSender<int>, sync::BroadcastReceiver<int>>>(sync::broadcast<int>(4));
       return World{[ends]() -> Task<bool> { auto got = co_await ends->second.recv(); co_return got && *got == 7; },
                    [ends] { static_cast<void>(ends->first.send(7)); }};
     }},
    {"watch changed", [] {
       auto tx = std::make_shared<sync::WatchSender<int>>(0);
       auto rx = std::make_shared<sync::WatchReceiver<int>>(tx->subscribe());
       return World{[rx]() -> Task<bool> { co_return (co_await rx->changed()).has_value(); },
                    [tx] { tx->send_replace(1); }};
     }},
    {"watch wait_for", [] {
       auto tx = std::make_shared<sync::WatchSender<int>>(0);
       auto rx = std::make_shared<sync::WatchReceiver<int>>(tx->subscribe());
       return World{[rx]() -> Task<bool> {
                      auto value = co_await rx->wait_for([](int now) { return now == 1; });
                      co_return value && **value == 1;
                    },
                    [tx] { tx->send_replace(1); }, [tx] { tx->send_replace(0); }};
     }},
    {"mutex", [] {
       auto mutex = std::make_shared<sync::Mutex<int>>(0);
       auto held = slot<decltype(mutex->try_lock())>();
       return World{[mutex]() -> Task<bool> { auto guard = co_await mutex->lock(); co_return true; },
                    [held] { held->reset(); }, [mutex, held] { held->reset(); held->emplace(mutex->try_lock()); }};
     }},
    {"mutex owned", [] {
       auto mutex = std::make_shared<sync::Mutex<int>>(0);
       auto held = slot<decltype(mutex->try_lock())>();
       return World{[mutex]() -> Task<bool> { auto guard = co_await sync::Mutex<int>::lock_owned(mutex); co_return true; },
                    [held] { held->reset(); }, [mutex, held] { held->reset(); held->emplace(mutex->try_lock()); }};
     }},
    {"rw lock read", [] {
       auto lock = std::make_shared<sync::RwLock<int>>(0);
       auto held = slot<decltype(lock->try_write())>();
       return World{[lock]() -> Task<bool> { auto guard = co_await lock->read(); co_return true; },
                    [held] { held->reset(); }, [lock, held] { held->reset(); held->emplace(lock->try_write()); }};
     }},
    {"rw lock write", [] {
       auto lock = std::make_shared<sync::RwLock<int>>(0);
       auto held = slot<decltype(lock->try_read())>();
       return World{[lock]() -> Task<bool> { auto guard = co_await lock->write(); co_return true; },
                    [held] { held->reset(); }, [lock, held] { held->reset(); held->emplace(lock->try_read()); }};
     }},
    {"semaphore", [] {
       auto semaphore = slot<sync::Semaphore>();
       return World{[semaphore]() -> Task<bool> { co_return (co_await (*semaphore)->acquire_many(2)).has_value(); },
                    [semaphore] { (*semaphore)->add_permits(1); }, [semaphore] { semaphore->emplace(1); }};
     }},
    {"notify", [] {
       auto notify = std::make_shared<sync::Notify>();
       return World{[notify]() -> Task<bool> { co_await notify->notified(); co_return true; },
                    [notify] { notify->notify_one(); }};
     }},
    {"set once", [] {
       auto once = slot<sync::SetOnce<int>>();
       return World{[once]() -> Task<bool> { co_return *co_await (*once)->wait() == 7; },
                    [once] { static_cast<void>((*once)->set(7)); }, [once] { once->emplace(); }};
     }},
    {"once cell", [] {
       // Destroyed inside its initialiser, another one runs.
       auto cell = slot<sync::OnceCell<int>>();
       return World{[cell]() -> Task<bool> {
                      co_return *co_await (*cell)->get_or_init([]() -> Task<int> { co_return co_await yields(2); }) == 2;
                    },
                    [] {}, [cell] { cell->emplace(); }};
     }, 2},
    {"token", [] {
       auto token = slot<CancellationToken>();
       return World{[token]() -> Task<bool> { co_await (*token)->cancelled(); co_return true; },
                    [token] { (*token)->cancel(); }, [token] { token->emplace(); }};
     }},
};

const Case kTaskAndTime[] = {
    {"yield", [] { return World{[]() -> Task<bool> { co_return co_await yields(3) == 3; }}; }, 3},
    {"join handle", [] {
       auto handle = slot<JoinHandle<int>>();
       return World{[handle]() -> Task<bool> { co_return (co_await **handle).value() == 4; }, [] {},
                    [handle] { handle->emplace(spawn(yields(4))); }};
     }},
    {"join set", [] {
       auto set = std::make_shared<JoinSet<int>>();
       return World{[set]() -> Task<bool> { auto next = co_await set->join_next(); co_return next && next->value() == 4; },
                    [] {}, [set] { set->spawn(yields(4)); }};
     }},
    {"join queue", [] {
       auto queue = std::make_shared<task::JoinQueue<int>>();
       return World{[queue]() -> Task<bool> { auto next = co_await queue->join_next(); co_return next && next->value() == 4; },
                    [] {}, [queue] { queue->spawn(yields(4)); }};
     }},
    {"tracker", [] {
       auto tracker = std::make_shared<task::TaskTracker>();
       return World{[tracker]() -> Task<bool> { co_await tracker->wait(); co_return tracker->empty(); },
                    [tracker] { tracker->close(); }, [tracker] { tracker->reopen(); }};
     }},
    {"sleep", [] {
       auto sleep = slot<time::Sleep>();
       return World{[sleep]() -> Task<bool> { co_await **sleep; co_return (*sleep)->is_elapsed(); }, [] {},
                    [sleep] { sleep->emplace(Instant::now() + 2ms, false); }};
     }},
    {"interval", [] {
       auto every = slot<time::Interval>();
       auto due = std::make_shared<Instant>();
       return World{[every, due]() -> Task<bool> { co_return co_await (*every)->tick() == *due; }, [] {},
                    [every, due] { *due = Instant::now() + 2ms; every->emplace(*due, 1h); }};
     }},
    {"timeout", [] {
       auto notify = std::make_shared<sync::Notify>();
       return World{[notify]() -> Task<bool> { co_return (co_await timeout(1h, notify->notified())).has_value(); },
                    [notify] { notify->notify_one(); }};
     }},
};

using Streams = std::pair<net::UnixStream, net::UnixStream>;
std::shared_ptr<Streams> streams() { return std::make_shared<Streams>(net::UnixStream::pair().value()); }
template <class Both>
void send_x(Both& ends) {
  static_cast<void>(ends.second.try_write(kX));
}
template <class Stream>
Task<bool> reads_x(Stream& stream) {
  std::array<std::byte, 16> bytes;
  auto count = co_await stream.read_some(room(bytes));
  co_return count && *count == 1 && bytes[0] == kX[0];
}

const Case kIo[] = {
    {"duplex read", [] {
       auto ends = std::make_shared<std::pair<io::DuplexStream, io::DuplexStream>>(io::duplex(8));
       return World{[ends]() -> Task<bool> { co_return co_await reads_x(ends->first); }, [ends] { send_x(*ends); }};
     }},
    {"duplex write", [] {
       auto ends = slot<std::pair<io::DuplexStream, io::DuplexStream>>();
       return World{[ends]() -> Task<bool> { co_return (co_await (*ends)->second.write_some(kX)).value_or(0) == 1; },
                    [ends] { std::array<std::byte, 16> bytes; static_cast<void>((*ends)->first.try_read(room(bytes))); },
                    [ends] { ends->emplace(io::duplex(1)); send_x(**ends); }};
     }},
    {"read_exact of a buffered reader", [] {
       auto ends = std::make_shared<std::pair<io::DuplexStream, io::DuplexStream>>(io::duplex(8));
       auto reader = std::make_shared<io::BufReader<io::DuplexStream&>>(ends->first);
       return World{[ends, reader]() -> Task<bool> {
                      std::array<std::byte, 3> bytes;
                      co_return (co_await reader->read_exact(bytes)).has_value() && bytes[1] == kX[0];
                    },
                    [ends] { for (int i = 0; i < 3; ++i) send_x(*ends); }};
     }},
    {"fill_buf", [] {
       auto ends = std::make_shared<std::pair<io::DuplexStream, io::DuplexStream>>(io::duplex(8));
       auto reader = std::make_shared<io::BufReader<io::DuplexStream&>>(ends->first);
       return World{[ends, reader]() -> Task<bool> {
                      const auto filled = co_await reader->fill_buf();
                      const bool one = filled && filled->size() == 1;
                      if (one) reader->consume(1);
                      co_return one;
                    },
                    [ends] { send_x(*ends); }};
     }},
    {"async fd", [] {
       std::array<int, 2> ends{};
       if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) base::fail("no pipe");
       auto writing = std::make_shared<base::UniqueFd>(ends[1]);
       auto reading = std::make_shared<io::AsyncFd<base::UniqueFd>>(io::AsyncFd<base::UniqueFd>::make(base::UniqueFd(ends[0])).value());
       return World{[reading, fd = ends[0]]() -> Task<bool> {
                      for (;;) {
                        auto guard = co_await reading->readable();
                        char byte = 0;
                        if (::read(fd, &byte, 1) == 1) co_return byte == 'x';
                        guard->clear_ready();
                      }
                    },
                    [writing] { static_cast<void>(::write(writing->get(), "x", 1) == 1); }};
     }, 0},
    {"socket read", [] {
       auto ends = streams();
       return World{[ends]() -> Task<bool> { co_return co_await reads_x(ends->first); }, [ends] { send_x(*ends); }};
     }},
    {"socket peek", [] {
       auto ends = streams();
       return World{[ends]() -> Task<bool> {
                      std::array<std::byte, 16> bytes;
                      const bool one = (co_await ends->first.peek(room(bytes))).value_or(0) == 1;
                      co_return one && co_await reads_x(ends->first);
                    },
                    [ends] { send_x(*ends); }};
     }},
    {"socket readable", [] {
       auto ends = streams();
       return World{[ends]() -> Task<bool> {
                      std::array<std::byte, 16> bytes;
                      for (;;) {
                        co_await ends->first.readable();
                        if (ends->first.try_read(room(bytes))) co_return true;
                      }
                    },
                    [ends] { send_x(*ends); }};
     }, 0},
    {"readable_by", [] {
       auto ends = streams();
       auto alarm = std::make_shared<std::optional<time::Alarm>>(std::in_place);
       return World{[ends]() -> Task<bool> {
                      time::Alarm mine;
                      std::array<std::byte, 16> bytes;
                      for (;;) {
                        if (!co_await time::ReadableBy(ends->first, mine, Instant::now() + 1h)) co_return false;
                        if (ends->first.try_read(room(bytes))) co_return true;
                      }
                    },
                    [ends] { send_x(*ends); }};
     }, 0},
    {"peer closed", [] {
       auto ends = slot<Streams>();
       return World{[ends]() -> Task<bool> { co_await (*ends)->first.peer_closed(); co_return true; },
                    [ends] { static_cast<void>((*ends)->second.try_shutdown(io::How::Write)); },
                    [ends] { ends->reset(); ends->emplace(net::UnixStream::pair().value()); }};
     }},
    {"accept", [] {
       auto listener = std::make_shared<net::TcpListener>(net::TcpListener::bind("127.0.0.1:0").value());
       return World{[listener]() -> Task<bool> { co_return (co_await listener->accept()).has_value(); },
                    [listener] {
                      const auto address = listener->local_addr().value();
                      sockaddr_storage system;
                      const socklen_t size = address.to_system(system);
                      const base::UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
                      if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&system), size) != 0) base::fail("no connection");
                    }};
     }},
    {"signal", [] {
       auto heard = std::make_shared<signal::Signal>(signal::signal(signal::SignalKind::user_defined2()).value());
       return World{[heard]() -> Task<bool> { co_return (co_await heard->recv()).has_value(); },
                    [] { static_cast<void>(::raise(SIGUSR2)); }};
     }},
    {"child", [] {
       auto child = slot<process::Child>();
       return World{[child]() -> Task<bool> { co_return (co_await (*child)->wait()).value().success(); },
                    [child] { static_cast<void>((*child)->stdin.reset()); },
                    [child] { if (!*child || !(*child)->id()) child->emplace(process::Command("true").spawn().value()); }};
     }, 0},
    {"read_dir", [] {
       auto folder = std::make_shared<support::TemporaryDirectory>();
       auto entries = slot<fs::ReadDir>();
       auto seen = std::make_shared<std::size_t>();
       for (int i = 0; i < 70; ++i) {
         base::UniqueFd file(::open((std::string(folder->path()) + "/" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
       }
       return World{[folder, entries, seen]() -> Task<bool> {
                      if (!*entries) entries->emplace((co_await fs::read_dir(folder->path())).value());
                      while (auto entry = co_await (*entries)->next()) *seen += entry->has_value();
                      entries->reset();
                      co_return *seen == 70;
                    },
                    [] {}, [entries, seen] { entries->reset(); *seen = 0; }};
     }, 0},
};

enum class When : bool { Before, JustAfter };

/// The operation is destroyed at each suspension, before its event or just after it; then it is awaited again.
Task<void> loses_nothing(const Case& each, When when) {
  const World world = each.make();
  world.reset();  // so that what it keeps is there before anything is counted
  auto given = std::make_shared<bool>(false);
  auto give = [&world, given] {
    if (!std::exchange(*given, true)) world.event();
  };
  const auto make = [&] {
    world.reset();
    *given = false;
    spawn([give]() -> Task<void> { co_await yields(3); give(); }).detach();
    return world.operation();
  };
  const auto promise = [&](std::optional<bool> got) -> Task<bool> {
    while (!*given) co_await yield_now();
    if (got) co_return *got;
    const auto again = co_await timeout(10s, world.operation());
    co_return again.has_value() && *again;
  };
  const auto report = when == When::Before ? co_await CancelEverywhere(make, promise).run()
                                           : co_await CancelEverywhere(make, promise).giving(give).run();
  if (each.suspensions != 0) CHECK(report.suspensions == each.suspensions);
}

template <std::size_t N>
void all_lose_nothing(const Case (&table)[N]) {
  for (const Case& each : table) {
    for (const When when : {When::Before, When::JustAfter}) {
      CAPTURE(std::string(each.name));
      CAPTURE(static_cast<bool>(when));
      test::run([&]() -> Task<void> { co_await loses_nothing(each, when); });
    }
  }
}

}  // namespace

TEST_CASE("TE6: a task is destroyed at its first, second, … suspension, until one ends before") {
  test::run([]() -> Task<void> {
    std::vector<std::optional<int>> results;
    const auto report = co_await CancelEverywhere([] { return yields(3); }, [&](std::optional<int> result) {
      results.push_back(result);
      return true;
    }).run();
    CHECK(report.suspensions == 3);
    CHECK(report.problems.empty());
    CHECK(results == std::vector<std::optional<int>>{std::nullopt, std::nullopt, std::nullopt, 3});
    const auto never_waits = co_await CancelEverywhere([]() -> Task<void> { co_return; }).run();
    CHECK(never_waits.suspensions == 0);
  });
}

TEST_CASE("TE6: a promise that is not kept is told, with the suspension") {
  const Failures failures;
  test::run([]() -> Task<void> {
    // Takes before it waits: the second suspension loses what was taken.
    int there = 1;
    const auto report = co_await CancelEverywhere(
                            [&there]() -> Task<int> {
                              there = 1;
                              return [](int& from) -> Task<int> {
                                co_await yield_now();
                                const int taken = std::exchange(from, 0);
                                co_await yield_now();
                                co_return taken;
                              }(there);
                            },
                            [&there](std::optional<int> taken) { return taken.value_or(0) + there == 1; })
                            .run();
    CHECK(report.suspensions == 2);
    CHECK(report.problems == std::vector<std::string>{"destroyed at suspension 2: the promise was not kept"});
  });
  CHECK(Failures::one("CancelEverywhere, destroyed at suspension 2: the promise was not kept"));
}

TEST_CASE("TE6: what a destroyed task leaves is told") {
  const Failures failures;
  test::run([]() -> Task<void> {
    std::vector<AbortHandle> left;
    const auto report = co_await CancelEverywhere([&left]() -> Task<void> {
      return [](std::vector<AbortHandle>& all) -> Task<void> {
        auto other = spawn([]() -> Task<void> { co_await sleep_for(1h); });
        all.push_back(other.abort_handle());
        co_await yield_now();
        co_await yield_now();
        other.abort();
        static_cast<void>(co_await other);
      }(left);
    }).run();
    CHECK(report.problems.size() >= 1);
    CHECK(report.problems[0].find("destroyed at suspension 1: it left 2 frames, 1 live task") == 0);
    for (const AbortHandle& each : left) each.abort();
    left.clear();
  });
  CHECK_FALSE(Failures::all().empty());
}

TEST_CASE("TE6: a scope is waited for until its children have ended") {
  test::run([]() -> Task<void> {
    const auto report = co_await CancelEverywhere([]() -> Task<void> {
      int borrowed = 0;
      co_await TaskScope::run([&borrowed](TaskScope& scope) -> Task<void> {
        for (int i = 0; i < 3; ++i) {
          scope.spawn([&borrowed]() -> Task<void> {
                 co_await yields(3);
                 ++borrowed;
               }).detach();
        }
        co_await scope.join();
      });
      CHECK(borrowed == 3);
    }).run();
    CHECK(report.suspensions >= 1);
    CHECK(report.problems.empty());
  });
}

TEST_CASE("TE6: no awaitable of sync loses anything where it is destroyed, before its event or just after") {
  all_lose_nothing(kSync);
}

TEST_CASE("TE6: nor one of tasks and time") { all_lose_nothing(kTaskAndTime); }

TEST_CASE("TE6: nor one of io, net, process, fs and signal") { all_lose_nothing(kIo); }
