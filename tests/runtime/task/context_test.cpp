#include <rondeau/task/context.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include <rondeau/sync/notify.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/join.h>
#include <rondeau/task/select.h>
#include <rondeau/task/shield.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/task_local.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "probe.h"

using namespace rondeau;
using namespace std::chrono_literals;
using probe::Alive;
using task::Priority;
using task::TraceContext;

namespace {

TraceContext trace(unsigned char first) {
  TraceContext made;
  made.trace_id[0] = std::byte{first};
  return made;
}
int traced() { return static_cast<int>(Context::current().trace().trace_id[0]); }

Task<int> traced_after_a_turn() {
  const int before = traced();
  co_await yield_now();
  co_return before == traced() ? before : -1;
}
Task<int> traced_in_a_child() { co_return (co_await spawn(traced_after_a_turn)).value(); }

Task<Instant> seen_deadline() {
  co_await yield_now();
  co_return Context::current().deadline().value_or(Instant());
}

/// Notes what its destructor sees.
struct Witness {
  std::atomic<int>* trace;
  CancelReason* reason;
  ~Witness() {
    *trace = traced();
    *reason = Context::cancel_reason();
  }
};
Task<void> stays(std::atomic<int>* trace, CancelReason* reason) {
  const Witness witness{trace, reason};
  *trace = -1;  // it runs
  co_await probe::for_ever();
}

const TaskLocal<std::string> user;
const TaskLocal<std::string> tenant{inherit};
Task<std::string> user_after_a_turn() {
  co_await yield_now();
  co_return user.get();
}

}  // namespace

TEST_CASE("CA6: context: a spawned task and a blocking call have that of who made them") {
  probe::on_every_flavor([]() -> Task<void> {
    CHECK(traced() == 0);
    const Context outside = Context::current();
    CHECK_FALSE(outside.deadline());
    CHECK(outside.priority() == Priority::Normal);
    const int seen = co_await with_context(Context::current().with_trace(trace(7)), []() -> Task<int> {
      CHECK(traced() == 7);
      CHECK((co_await spawn(traced_in_a_child)).value() == 7);
      CHECK((co_await blocking([] { return traced(); })).value() == 7);
      CHECK((co_await spawn_blocking([] { return traced(); })).value() == 7);
      co_return co_await traced_after_a_turn();
    }());
    CHECK(seen == 7);
    CHECK(traced() == 0);
    CHECK((co_await spawn(traced_after_a_turn)).value() == 0);
  });
}

TEST_CASE("CA6: context: branches that run side by side see their own, on each resume") {
  probe::on_every_flavor([]() -> Task<void> {
    auto branch = [](unsigned char number) -> Task<bool> {
      for (int i = 0; i < 20; ++i) {
        if (traced() != number) co_return false;
        const auto [inner, other] = co_await join(
            with_context(Context().with_trace(trace(static_cast<unsigned char>(number + 100))), traced_in_a_child()),
            traced_in_a_child());
        if (inner != number + 100 || other != number) co_return false;
        if (traced() != number) co_return false;
        co_await yield_now();
      }
      co_return true;
    };
    const auto [first, second, third] = co_await join(with_context(Context().with_trace(trace(1)), branch(1)),
                                                      with_context(Context().with_trace(trace(2)), branch(2)), branch(0));
    CHECK(first);
    CHECK(second);
    CHECK(third);
  });
}

TEST_CASE("CA6: context: deadlines are only ever shortened, by timeout and with_deadline, and spawned tasks see them") {
  probe::on_every_flavor([]() -> Task<void> {
    const Instant soon = Instant::now() + 1h;
    const auto under = [](Instant deadline) -> Task<Instant> { co_return *co_await timeout_at(deadline, seen_deadline()); };
    CHECK(*co_await timeout_at(soon, seen_deadline()) == soon);
    CHECK(*co_await timeout_at(soon, under(soon + 1h)) == soon);
    CHECK(*co_await timeout_at(soon + 1h, under(soon)) == soon);
    const auto in_child = []() -> Task<Instant> { co_return (co_await spawn(seen_deadline)).value(); };
    CHECK(*co_await timeout_at(soon, in_child()) == soon);
    CHECK_FALSE(Context::current().deadline());
    const Context late = Context().with_deadline(soon);
    CHECK(late.with_deadline(soon + 1h).deadline() == soon);
  });
}

TEST_CASE("CA6: context: when its deadline passes what runs under it ends, scopes included, but no detached task") {
  probe::on_every_flavor([]() -> Task<void> {
    auto [finish, finished] = oneshot<int>();
    auto detached = [](OneshotReceiver<int> told) -> Task<int> { co_return (co_await told).value_or(0); };
    std::optional<JoinHandle<int>> left;
    auto work = [&]() -> Task<Result<int>> {
      left.emplace(spawn(detached, std::move(finished)));
      co_return co_await TaskScope::run([](TaskScope& scope) -> Task<Result<int>> {
        scope.spawn(probe::for_ever).detach();
        co_return co_await probe::never();
      });
    };
    const Result<int> result = co_await with_deadline(Instant::now() + 5ms, work());
    REQUIRE_FALSE(result);
    CHECK(result.error() == Errc::TimedOut);
    CHECK(probe::living.load() == 0);
    CHECK(std::move(finish).send(3));
    CHECK((co_await *left).value() == 3);
  });
}

TEST_CASE("CA6: context: destructors of what is ended see the context, and why it ends") {
  probe::on_every_flavor([]() -> Task<void> {
    std::atomic<int> seen = 0;
    CancelReason reason = CancelReason::None;
    CHECK_FALSE(co_await timeout(3ms, with_context(Context().with_trace(trace(9)), stays(&seen, &reason))));
    CHECK(seen == 9);
    CHECK_FALSE(co_await timeout(3ms, stays(&seen, &reason)));
    CHECK(seen == 0);
    CHECK(reason == CancelReason::Deadline);
    CHECK(Context::cancel_reason() == CancelReason::None);

    auto handle = spawn([&]() -> Task<void> {
      co_await with_context(Context().with_trace(trace(4)), stays(&seen, &reason));
    });
    while (seen != -1) co_await yield_now();
    handle.abort();
    const auto aborted = co_await handle;
    REQUIRE_FALSE(aborted);
    CHECK(aborted.error().reason() == CancelReason::Abort);
    CHECK(seen == 4);
    CHECK(reason == CancelReason::Abort);
    auto in_scope = co_await TaskScope::run([&](TaskScope& scope) -> Task<Result<int>> {
      auto child = scope.spawn(stays, &seen, &reason);
      while (seen != -1) co_await yield_now();
      scope.cancel();
      const auto ended = co_await child;
      co_return ended ? -1 : static_cast<int>(ended.error().reason());
    });
    CHECK(*in_scope == static_cast<int>(CancelReason::Scope));
    CHECK(reason == CancelReason::Scope);
  });
}

TEST_CASE("TK5: a task that its runtime's end cut says so") {
  for (const bool threads : {false, true}) {
    auto builder = threads ? runtime::Builder::multi_thread() : runtime::Builder::current_thread();
    auto runtime = builder.build().value();
    auto handle = runtime.spawn(probe::for_ever);
    const runtime::Handle left = runtime.handle();
    CHECK(std::move(runtime).shutdown_timeout(1s).left_behind() == 0);
    const auto result = handle.take_result();
    REQUIRE_FALSE(result);
    CHECK(result.error().reason() == CancelReason::Shutdown);
  }
}

TEST_CASE("TK12: task_local: nested scopes shadow, and spawned tasks see only what is inherited") {
  probe::on_every_flavor([]() -> Task<void> {
    CHECK_FALSE(user.try_with([](const std::string&) {}));
    const std::string seen = co_await user.scope("anna", []() -> Task<std::string> {
      const std::string inner = co_await user.scope("berta", user_after_a_turn());
      CHECK(inner == "berta");
      CHECK(co_await user_after_a_turn() == "anna");
      const bool in_child = (co_await spawn([]() -> Task<bool> {
                              co_return user.try_with([](const std::string&) {});
                            })).value();
      CHECK_FALSE(in_child);
      co_return co_await user_after_a_turn();
    }());
    CHECK(seen == "anna");
    CHECK_FALSE(user.try_with([](const std::string&) {}));

    auto child = co_await tenant.scope("acme", []() -> Task<JoinHandle<std::string>> {
      CHECK((co_await blocking([] { return tenant.get(); })).value() == "acme");
      co_return spawn([]() -> Task<std::string> {
        co_await yield_now();
        co_return tenant.get();
      });
    }());
    CHECK((co_await child).value() == "acme");  // its value outlives the scope
    CHECK_FALSE(tenant.try_with([](const std::string&) {}));
  });
}

TEST_CASE("TK12: task_local: the value is there while the frames are destroyed, and can be taken afterwards") {
  struct Reader {
    std::string* seen;
    ~Reader() { *seen = user.get(); }
  };
  probe::on_every_flavor([]() -> Task<void> {
    std::string seen;
    auto reads = [&seen]() -> Task<void> {
      const Reader reader{&seen};
      co_await probe::for_ever();
    };
    CHECK_FALSE(co_await timeout(2ms, user.scope("carla", reads())));
    CHECK(seen == "carla");
    auto scope = user.scope("dora", user_after_a_turn());
    CHECK(co_await scope == "dora");
    CHECK(scope.take_value() == "dora");
    CHECK_FALSE(scope.take_value());
  });
}

TEST_CASE("TK12: task_local, context, shield, timeout: each encloses each, and what runs inside sees all of them") {
  struct Seen {
    std::string name;
    int trace;
    Instant deadline;
    bool operator==(const Seen&) const = default;
  };
  probe::on_every_flavor([]() -> Task<void> {
    const Instant later = Instant::now() + 1h;
    const Context traced_seven = Context().with_trace(trace(7));
    const auto look = []() -> Task<Seen> {
      const Alive alive;
      static_cast<void>(co_await select(losing(probe::for_ever()), losing(probe::count_to(2))));
      co_return Seen{user.get(), traced(), Context::current().deadline().value_or(Instant())};
    };
    const auto look_for_result = [look]() -> Task<Result<Seen>> { co_return co_await look(); };
    const Seen all{"anna", 7, later};

    CHECK(*co_await with_context(traced_seven, user.scope("anna", with_deadline(later, look()))) == all);
    CHECK(*co_await user.scope("anna", with_context(traced_seven, timeout_at(later, look()))) == all);
    CHECK(*co_await with_context(traced_seven, with_deadline(later, user.scope("anna", look_for_result()))) == all);
    CHECK(*co_await with_context(traced_seven, shield(with_deadline(later, user.scope("anna", shield(look()))))) == all);
    CHECK(*co_await shield(with_context(traced_seven, user.scope("anna", timeout_at(later, look())))) == all);
    const auto [first, second] = co_await user.scope("berta", join(user_after_a_turn(), user_after_a_turn()));
    CHECK(first + second == "bertaberta");
    const auto seen = co_await timeout_at(later, join(seen_deadline(), seen_deadline()));
    CHECK(std::get<0>(*seen) == later);
    CHECK(std::get<1>(*seen) == later);
    CHECK_FALSE(Context::current().deadline());
  });
}

TEST_CASE("TK12: task_local, context, shield: they take awaitables, and Tasks by name, as timeout does") {
  probe::on_every_flavor([]() -> Task<void> {
    co_await shield(sleep_for(1ms));
    auto handle = spawn(probe::count_to, 2);
    CHECK((co_await with_context(Context(), handle)).value() == 2);
    auto task = user_after_a_turn();
    CHECK(co_await user.scope("anna", task) == "anna");
    auto [tell, told] = oneshot<int>();
    CHECK(std::move(tell).send(4));
    CHECK(co_await user.scope("anna", shield(told)) == 4);
    // One that lost is awaited again.
    Notify notify;
    auto notified = notify.notified();
    auto scope = user.scope("anna", notified);
    CHECK((co_await select(losing(scope), yield_now())).index() == 1);
    notify.notify_one();
    co_await scope;
  });
}

TEST_CASE("TK12: task_local, context: what runs out of time inside of them ends in order, and sees its value until then") {
  struct Reader {
    std::string* seen;
    CancelReason* reason;
    ~Reader() {
      *seen = user.get();
      *reason = Context::cancel_reason();
    }
  };
  probe::on_every_flavor([]() -> Task<void> {
    std::string seen;
    CancelReason reason = CancelReason::None;
    const auto stays = [&]() -> Task<void> {
      const Alive alive;
      const Reader reader{&seen, &reason};
      co_await probe::for_ever();
    };
    CHECK_FALSE(co_await user.scope("anna", timeout(2ms, stays())));
    CHECK(seen == "anna");
    CHECK(reason == CancelReason::Deadline);
    reason = CancelReason::None;
    CHECK_FALSE(co_await timeout(2ms, with_context(Context(), user.scope("berta", join(stays(), probe::for_ever())))));
    CHECK(seen == "berta");
    CHECK(probe::living.load() == 0);
    // A shield in the middle: the time is over, the work is not.
    std::atomic<int> done = 0;
    const auto works = [](std::atomic<int>* count) -> Task<void> {
      co_await sleep_for(3ms);
      *count += user.get() == "carla" ? 1 : 0;
    };
    static_cast<void>(co_await timeout(1ms, user.scope("carla", shield(timeout(1h, works(&done))))));
    CHECK(done == 1);
    static_cast<void>(co_await timeout(1ms, shield(user.scope("carla", join(works(&done), works(&done))))));
    CHECK(done == 3);
    // Aborted, and dropped before they began.
    auto aborted = spawn([&]() -> Task<void> { static_cast<void>(co_await user.scope("dora", timeout(1h, stays()))); });
    co_await sleep_for(1ms);
    aborted.abort();
    CHECK_FALSE(co_await aborted);
    CHECK(seen == "dora");
    CHECK(reason == CancelReason::Abort);
    static_cast<void>(shield(user.scope("eva", timeout(1h, stays()))));
  });
}

TEST_CASE("TK12: task_local: sync_scope") {
  CHECK(user.sync_scope("eva", [] { return user.get(); }) == "eva");
  CHECK(tenant.sync_scope("acme", [] { return tenant.get(); }) == "acme");
  CHECK_FALSE(user.try_with([](const std::string&) {}));
  auto runtime = runtime::Builder::multi_thread().build().value();
  auto handle = tenant.sync_scope("plain thread", [&] {
    return runtime.spawn([]() -> Task<std::string> { co_return tenant.get(); });
  });
  CHECK(runtime.block_on([&]() -> Task<std::string> { co_return (co_await handle).value(); }) == "plain thread");
}

TEST_CASE("CA6: context: a call runs under it, and what is spawned there keeps it") {
  probe::on_every_flavor([]() -> Task<void> {
    const Context context = Context::current().with_trace(trace(7));
    auto spawned = context.sync_scope([] {
      CHECK(traced() == 7);
      return spawn([]() -> Task<int> { co_return traced(); });
    });
    CHECK(traced() == 0);
    CHECK((co_await spawned).value() == 7);
    CHECK_THROWS(context.sync_scope([] { throw 1; }));
    CHECK(traced() == 0);
  });
}
