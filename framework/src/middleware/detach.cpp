#include <rondeau/middleware/detach.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include <rondeau/response/problem.h>
#include <rondeau/response/unhandled.h>
#include <rondeau/task/join_handle.h>
#include <rondeau/task/select.h>
#include <rondeau/time/timeout.h>

#include "http/host.h"
#include "middleware/body_relay.h"
#include "middleware/step.h"

namespace rondeau::middleware {

struct Detach::Shared {
  explicit Shared(const DetachOptions& given) : options(given) {}

  bool enter() noexcept {
    if (alone.fetch_add(1, std::memory_order_relaxed) < options.at_once) return true;
    leave();
    return false;
  }
  void leave() noexcept { alone.fetch_sub(1, std::memory_order_relaxed); }

  const DetachOptions options;
  std::atomic<std::size_t> alone{0};  ///< relaxed, a count: written by whoever leaves a handler alone and by its end
};

/// One request and its handler, as the connection's task and the handler's share them.
class Detach::Run {
 public:
  /// How the handler ended; neither: its time was over.
  struct End {
    std::optional<http::Response> answer = std::nullopt;
    std::exception_ptr thrown = nullptr;
  };

  Run(std::shared_ptr<Shared> shared, std::shared_ptr<http::Host> host, const http::Request& request)
      : shared_(std::move(shared)), host_(std::move(host)), request_(request.own()) {
    http::RequestBlock& block = request_.block();
    block.limits = &host_->limits_of_all();
    block.show_details = request.block().show_details;
    // Written by the layers inside, and read by those outside when a deadline has passed.
    if (request.extensions().get<Step>() != nullptr) request_.extensions().insert(Step());
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    if (counted_) shared_->leave();
  }

  http::Host& host() noexcept { return *host_; }
  void relay_from(sync::Sender<PieceWanted> asks, std::optional<std::uint64_t> remaining) {
    http::RequestBlock& block = request_.block();
    block.body = http::Body(body_.emplace(std::move(asks), remaining));
  }

  /// The handler's task.
  static task::Task<void> run(std::shared_ptr<Run> self, handler::Next next) {
    End end;
    try {
      auto done = co_await self->host_->background_end().run_until_cancelled(self->within_limit(std::move(next)));
      if (done) {
        end.answer = *std::move(done);
      } else {
        self->cut();
      }
    } catch (...) {
      end.thrown = std::current_exception();
    }
    self->ended(std::move(end));
  }

  /// The connection's task waits no longer. False: the handler is to be cancelled.
  bool leave_alone() noexcept {
    // At the end of all it is ended with its connection, and is not the one that was left alone.
    if (host_->background_end().is_cancelled()) return true;
    std::unique_lock lock(mutex_);
    alone_ = true;
    if (std::optional<End> unheard = std::exchange(end_, std::nullopt)) {
      lock.unlock();
      give_up(*std::move(unheard));
      return true;
    }
    return counted_ = shared_->enter();
  }
  /// Once the handler's task is over; nothing where that was aborted.
  std::optional<End> take_end() noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(end_, std::nullopt);
  }

 private:
  task::Task<std::optional<http::Response>> within_limit(handler::Next next) {
    handler::ResponseFuture answer = next(http::Request(request_.block()));
    auto in_time = co_await time::timeout(shared_->options.limit, std::move(answer).into_task());
    if (!in_time) co_return std::nullopt;
    co_return *std::move(in_time);
  }
  void cut() noexcept {
    std::unique_lock lock(mutex_);
    if (!alone_) return;
    lock.unlock();
    host_->cut_detached(request_.block(), began_);
  }
  void ended(End end) noexcept {
    std::unique_lock lock(mutex_);
    if (!alone_) {
      end_ = std::move(end);
      return;
    }
    lock.unlock();
    give_up(std::move(end));
  }
  void give_up(End end) noexcept {
    if (end.thrown) response::print_unhandled(request_, response::describe_exception(end.thrown));
    if (end.answer) host_->give_up(*std::move(end.answer));
  }

  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<http::Host> host_;  // has the routes, and so outlives what came from them
  std::optional<RelayedBody> body_;
  http::Request request_;
  const base::Instant began_ = base::Instant::now();
  std::mutex mutex_;  // guards all below
  bool alone_ = false;
  bool counted_ = false;  // among those that are alone
  std::optional<End> end_;
};

/// As long as the connection's task waits for the handler.
class Detach::Attended {
 public:
  Attended(std::shared_ptr<Run> run, task::AbortHandle task) noexcept : run_(std::move(run)), task_(std::move(task)) {}
  Attended(const Attended&) = delete;
  Attended& operator=(const Attended&) = delete;
  ~Attended() {
    if (run_ != nullptr && !run_->leave_alone()) task_.abort();
  }
  std::optional<Run::End> take_end() noexcept { return std::exchange(run_, nullptr)->take_end(); }

 private:
  std::shared_ptr<Run> run_;
  task::AbortHandle task_;
};

Detach::Detach(DetachOptions options) : shared_(std::make_shared<Shared>(options)) {}

Result<void> Detach::check() const {
  const auto bad = [](const char* text) { return Error(Errc::InvalidArgument, text); };
  if (shared_->options.at_once == 0) return bad("Detach: none at once is what there is without it");
  if (shared_->options.limit <= base::Duration::zero()) return bad("Detach: no time to run");
  return {};
}

task::Task<http::Response> Detach::operator()(http::Request request, handler::Next next) const {
  http::Host* const host = request.block().host;
  // Without a server there is no client that could leave.
  if (host == nullptr) co_return co_await next(std::move(request));

  const auto run = std::make_shared<Run>(shared_, host->keep(), request);
  // Its answer's body may refer to it.
  request.extensions().insert(std::shared_ptr<Run>(run));
  auto [asks, asked] = sync::mpsc<PieceWanted>(1);
  const bool relays = !request.body().is_buffered();
  if (relays) run->relay_from(std::move(asks), request.body().remaining());

  task::JoinHandle<void> handler = host->background().spawn(&Run::run, run, std::move(next));
  Attended attended(run, handler.abort_handle());
  if (relays) {
    const auto first = co_await task::select(handler, task::losing(relay(request.body(), std::move(asked)))).biased();
    static_cast<void>(first);
  } else {
    static_cast<void>(co_await handler);
  }
  std::optional<Run::End> end = attended.take_end();
  if (end && end->thrown) std::rethrow_exception(end->thrown);
  if (end && end->answer) co_return *std::move(end->answer);
  co_return response::Problem(http::StatusCode::ServiceUnavailable, "the handler did not answer in time")
      .into_response(request);
}

void Detach::describe(schema::Operation& operation) {
  operation.problem(http::StatusCode::ServiceUnavailable);
}

}  // namespace rondeau::middleware
