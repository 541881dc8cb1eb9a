#include "client/http2/connections.h"

#include <algorithm>
#include <utility>

#include <rondeau/connect/backoff.h>
#include <rondeau/task/builder.h>
#include <rondeau/task/context.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "client/pool_failure.h"
#include "connect/random.h"

namespace rondeau::client::http2 {
namespace {

constexpr connect::Backoff kBackoff{};
/// Who speaks HTTP/1.1 is asked again after so long whether that is still so.
constexpr std::chrono::minutes kHttp1{10};

/// ± 10 %, so that a fleet does not reconnect in step.
Duration jittered(Duration lifetime) noexcept {
  const double factor = 0.9 + 0.2 * connect::random_fraction();
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(lifetime) * factor);
}

}  // namespace

/// What is to be done without the lock, when this is destroyed.
struct Connections::Told {
  explicit Told(Connections& connections) noexcept : owner(connections) {}
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;
  ~Told() {
    for (auto& [sender, outcome] : outcomes) {
      // Refused where who waited has just gone: the permit comes back and is passed on.
      static_cast<void>(std::move(sender).send(std::move(outcome)));
    }
    if (unwanted) unwanted->abort();
    if (dials_after) owner.start_dial(*dials_after);
  }

  Connections& owner;
  std::vector<std::pair<sync::OneshotSender<Outcome>, Outcome>> outcomes;
  std::optional<task::AbortHandle> unwanted;
  std::optional<Duration> dials_after;
};

/// Takes its waiter out of the queue, however the wait ends.
class Connections::InQueue {
 public:
  InQueue(Connections& owner, Waiter& waiter) noexcept : owner_(owner), waiter_(waiter) {}
  InQueue(const InQueue&) = delete;
  InQueue& operator=(const InQueue&) = delete;
  ~InQueue() { static_cast<void>(owner_.leave(waiter_)); }

 private:
  Connections& owner_;
  Waiter& waiter_;
};

Connections::Connections(connect::Connector connector, ConnectionsSettings settings,
                         std::shared_ptr<http1::Mailbox> http1)
    : connector_(std::move(connector)),
      settings_(std::move(settings)),
      http1_(std::move(http1)),
      home_(runtime::Handle::current()),
      open_(nullptr, [ended = ended_](void*) { ended.cancel(); }) {
  if (settings_.prior_knowledge) speaks_ = Speaks::Http2;
}

// ---- waiting

task::Task<Result<Connections::Granted, Failure>> Connections::acquire(const Attempt& attempt) {
  const Instant begun = Instant::now();
  Patience patience = Patience::of(attempt.timeouts.pool, attempt.deadline);
  auto [sender, receiver] = sync::oneshot<Outcome>();
  Waiter waiter{.sender = std::move(sender), .fresh = attempt.fresh};
  const InQueue in_queue(*this, waiter);
  Granted granted;
  bool speaks_http1 = false;
  if (auto queued = enqueue(waiter, granted, speaks_http1); !queued) co_return std::move(queued).error();
  if (granted || speaks_http1) co_return std::move(granted);
  serve();
  auto handed = co_await time::timeout_at(patience.end, receiver);
  if (!handed && is_dialling()) {
    // Its own time counts then.
    patience = Patience::of(attempt.timeouts.connect + kForNews - begun.elapsed(), attempt.deadline);
    handed = co_await time::timeout_at(patience.end, receiver);
  }
  std::optional<Outcome> outcome;
  if (handed) {
    outcome = *std::move(handed);
  } else if (!leave(waiter)) {
    // Served in the moment in which time ran out: it is on its way, if it is not there yet.
    outcome = co_await receiver;
  }
  if (!outcome) co_return too_late(patience);
  co_return *std::move(outcome);
}

Result<void, Failure> Connections::enqueue(Waiter& waiter, Granted& granted, bool& speaks_http1) {
  const std::lock_guard lock(mutex_);
  if (closed_) return closed_failure();
  speaks_http1 = believes_http1();
  if (speaks_http1) return {};
  if (waiters_.empty()) {
    look_through();
    granted = try_permit(waiter.fresh);
    if (granted) return {};
  }
  if (waiters_.size() >= settings_.connections.waiting) {
    return Failure{.kind = ErrorKind::PoolExhausted,
                   .phase = Phase::Pool,
                   .cause = std::to_string(waiters_.size()) + " requests wait already"};
  }
  waiter.place = waiters_.insert(waiters_.end(), &waiter);
  waiter.queued = true;
  return {};
}

bool Connections::leave(Waiter& waiter) noexcept {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(waiter.queued, false)) return false;
  waiters_.erase(waiter.place);
  return true;
}

bool Connections::is_dialling() const noexcept {
  const std::lock_guard lock(mutex_);
  return dialling_;
}

Failure Connections::too_late(Patience patience) const {
  const std::lock_guard lock(mutex_);
  Failure failure{.phase = Phase::Pool};
  if (patience.is_total) {
    failure.kind = ErrorKind::TotalTimeout;
    failure.cause = "its time is over";
  } else if (connections_.empty()) {
    failure.kind = ErrorKind::ConnectTimeout;
    failure.phase = Phase::Connect;
    failure.cause = useless_ > 0 ? "the server ends its connections before it has answered anything"
                                 : "no connection in time";
  } else {
    failure.kind = ErrorKind::PoolTimeout;
    std::size_t streams = 0;
    for (const auto& connection : connections_) {
      streams += connection->look([](const Session& session) { return session.most_streams(); });
    }
    failure.cause = "the server allows " + std::to_string(streams) + " requests at once on " +
                    std::to_string(connections_.size()) + " connections, and none came free";
  }
  return failure;
}

// ---- serving

void Connections::serve() noexcept {
  Told told(*this);
  const std::lock_guard lock(mutex_);
  serve_locked(told);
}

void Connections::serve_locked(Told& told) {
  look_through();
  for (auto next = waiters_.begin(); next != waiters_.end();) {
    Waiter& waiter = **next;
    std::optional<Permit> permit = try_permit(waiter.fresh);
    if (!permit && !waiter.fresh) break;
    ++next;
    if (!permit) continue;
    waiter.queued = false;
    waiters_.erase(waiter.place);
    told.outcomes.emplace_back(std::move(waiter.sender), Outcome(Granted(std::move(permit))));
  }
  if (waiters_.empty() || dialling_ || closed_ || !may_have_more()) return;
  // One of them is about to say how many requests it takes.
  const auto is_silent = [](const std::shared_ptr<Connection>& connection) {
    return connection->is_alive() && !connection->look([](const Session& session) { return session.is_settled(); });
  };
  if (std::ranges::any_of(connections_, is_silent)) return;
  dialling_ = true;
  const unsigned failures = std::max(useless_, failed_dials_);
  told.dials_after = failures == 0 ? Duration::zero() : kBackoff.delay(failures - 1);
}

bool Connections::may_have_more() const noexcept {
  return connections_.size() < std::max<std::size_t>(settings_.connections.http2_per_origin, 1);
}

/// Who asks for a fresh one has met one that was dead: any that has shown life since will do as well.
std::optional<Permit> Connections::try_permit(bool fresh) {
  for (const std::shared_ptr<Connection>& connection : connections_) {
    if (fresh && !connection->is_alive() && may_have_more()) continue;
    const bool reused = connection->look([](const Session& session) { return session.has_sent_requests(); });
    if (!connection->reserve()) continue;
    return Permit(connection, reused);
  }
  return std::nullopt;
}

/// Those that take no more requests live on until what they carry has been answered.
void Connections::look_through() {
  std::erase_if(connections_, [this](const std::shared_ptr<Connection>& connection) {
    allowed_ = connection->look(
        [this](const Session& session) { return session.is_settled() ? session.most_streams() : allowed_; });
    if (connection->accepts()) {
      if (!connection->was_useless()) useless_ = 0;
      return false;
    }
    useless_ = connection->was_useless() ? useless_ + 1 : 0;
    return true;
  });
}

template <class Whom, class What>
void Connections::tell(Told& told, Whom whom, What outcome) {
  for (auto next = waiters_.begin(); next != waiters_.end();) {
    Waiter& waiter = **next++;
    if (!whom(waiter)) continue;
    waiter.queued = false;
    waiters_.erase(waiter.place);
    told.outcomes.emplace_back(std::move(waiter.sender), outcome());
  }
}

template <class What>
void Connections::tell_all(Told& told, What outcome) {
  tell(told, [](const Waiter&) { return true; }, outcome);
}

void Connections::close() noexcept {
  Told told(*this);
  std::vector<std::shared_ptr<Connection>> ended;
  std::shared_ptr<void> open;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  open = std::move(open_);
  ended = std::exchange(connections_, {});
  for (const std::shared_ptr<Connection>& connection : ended) connection->retire();
  told.unwanted = std::exchange(dial_, std::nullopt);
  tell_all(told, [] {
    return Outcome(closed_failure());
  });
}

void Connections::add_to(OriginStats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.http2_connections += connections_.size();
  stats.http2_waiting += waiters_.size();
}

// ---- dialling

/// Destroyed before the dial has ended: its task was ended, by close() or with its runtime.
class Connections::Dialling {
 public:
  explicit Dialling(std::shared_ptr<Connections> owner) noexcept : owner_(std::move(owner)) {}
  Dialling(Dialling&&) noexcept = default;
  Dialling& operator=(Dialling&&) = delete;
  ~Dialling() {
    if (owner_ != nullptr) owner_->close();
  }
  std::shared_ptr<Connections> end() && noexcept { return std::move(owner_); }
  const Connections& owner() const noexcept { return *owner_; }

 private:
  std::shared_ptr<Connections> owner_;
};

/// On the home runtime, under no context: it outlives who happens to be the cause, and that one's deadline.
void Connections::start_dial(Duration pause) {
  auto dialling = task::Context().sync_scope([&] {
    return task::Builder()
        .name("http2 dial")
        .on(home_)
        .spawn(&Connections::dial, Dialling(shared_from_this()), pause);
  });
  const std::lock_guard lock(mutex_);
  if (dialling_) dial_ = dialling.abort_handle();
}

task::Task<void> Connections::dial(Dialling dialling, Duration pause) {
  if (pause > Duration::zero()) co_await time::sleep_for(pause);
  const Connections& owner = dialling.owner();
  auto place = co_await Room::enter(owner.settings_.room);
  if (!place) co_return std::move(dialling).end()->dialled(std::move(place).error());
  auto made = co_await owner.connector_.connect(owner.settings_.endpoint);
  if (!made) co_return std::move(dialling).end()->dialled(std::move(made).error());
  std::move(dialling).end()->dialled(Dialled{*std::move(made), *std::move(place)});
}

void Connections::dialled(Result<Dialled, connect::ConnectError> made) {
  Told told(*this);
  const std::lock_guard lock(mutex_);
  dialling_ = false;
  dial_.reset();
  if (closed_) return;
  failed_dials_ = made ? 0 : failed_dials_ + 1;
  const bool encrypted = settings_.endpoint.tls.has_value();
  if (!made) {
    // Who can hope for a place on another connection goes on waiting.
    const bool all = connections_.empty();
    tell(told, [all](const Waiter& waiter) { return all || waiter.fresh; },
         [&] { return Outcome(failure_of(made.error())); });
  } else if (encrypted ? made->connected.alpn == "h2" : settings_.prior_knowledge) {
    speaks_ = Speaks::Http2;
    connections_.push_back(start(std::move(made->connected.stream), std::move(made->place)));
    serve_locked(told);
  } else if (settings_.prior_knowledge) {
    tell_all(told, [] {
      return Outcome(Failure{
          .kind = ErrorKind::Protocol, .phase = Phase::Tls, .cause = "the server does not agree to speak HTTP/2"});
    });
  } else {
    speaks_ = Speaks::Http1;
    http1_until_ = Instant::now() + kHttp1;
    if (!waiters_.empty()) http1_->put(std::move(made->connected));  // where it is taken it finds a place of its own
    tell_all(told, [] { return Outcome(Granted()); });
  }
}

std::shared_ptr<Connection> Connections::start(io::AnyStream stream, Room::Place place) {
  const ConnectionOptions& mine = settings_.connections;
  auto connection = std::make_shared<Connection>(
      std::move(stream), settings_.limits, allowed_,
      ConnectionTimes{.idle = mine.idle_timeout,
                      .lifetime = jittered(mine.lifetime),
                      .write_stall = settings_.write_stall});
  std::function<void()> changed = [self = weak_from_this(), open = open_, place = std::make_shared<Room::Place>(std::move(place))] {
    if (const auto here = self.lock()) here->serve();
  };
  task::Context().sync_scope([&] {
    task::Builder()
        .name("http2 connection")
        .on(home_)
        .spawn(&Connection::run, connection, std::move(changed))
        .detach();
  });
  return connection;
}

}  // namespace rondeau::client::http2
