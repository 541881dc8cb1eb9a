#include "engine.h"

#include <utility>

#include <unistd.h>

#include <rondeau/crypto/random.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/context.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>

#include "cron_ticker.h"
#include "dispatcher.h"
#include "sweeper.h"

namespace jobs {

using namespace rondeau;
using namespace std::chrono_literals;

Engine::Engine(const App& app, const Opened& opened, const EngineOptions& options) : grace_(options.grace) {
  // Of whoever starts it, it takes no deadline over.
  Context().sync_scope([&] { start(app, opened, options); });
}

void Engine::start(const App& app, const Opened& opened, const EngineOptions& options) {
  const auto figures = std::make_shared<Figures>(options.metrics);
  tasks_.push_back(spawn(follow_events(app.feed, app.events, app.bell)));
  tasks_.push_back(spawn(sweep({app.jobs, app.leases, app.events, figures, options.sweep, options.keep})));
  tasks_.push_back(spawn(tick_crons(app.crons, app.bell)));
  const bool hears_others = opened.listen != nullptr;
  if (hears_others) tasks_.push_back(spawn(opened.listen(app.bell)));
  if (options.executors > 0) start_executors(app, options, figures, hears_others);
}

void Engine::start_executors(const App& app, const EngineOptions& options, std::shared_ptr<Figures> figures,
                             bool hears_others) {
  auto [sender, receiver] = sync::mpsc<Assigned>(kAssignedQueue);
  executors_ = spawn(execute(std::move(receiver), {.leases = app.leases,
                                                   .runner = app.runner,
                                                   .running = app.running,
                                                   .figures = std::move(figures),
                                                   .lease = options.lease,
                                                   .give_back = give_back_}));
  dispatcher_ = spawn(dispatch(std::move(sender), {.leases = app.leases,
                                                   .bell = app.bell,
                                                   .worker = options.worker,
                                                   .executors = options.executors,
                                                   .lease = options.lease,
                                                   .stop = stop_,
                                                   .poll = hears_others ? 5s : 1s}));
  tasks_.push_back(spawn(watch_for_cancels(app.leases, app.running, options.worker)));
}

Task<void> Engine::stop() {
  if (dispatcher_) {
    stop_.cancel();
    static_cast<void>(co_await *std::exchange(dispatcher_, std::nullopt));
    // Its end has closed the channel; the executors end with their last job.
    auto& executors = *executors_;
    auto ended = co_await select(executors, sleep_for(grace_)).biased();
    if (ended.index() == 1) {
      give_back_.cancel();
      static_cast<void>(co_await executors);
    }
    executors_.reset();
  }
  for (auto& task : tasks_) task.abort();
  for (auto& task : tasks_) static_cast<void>(co_await task);
  tasks_.clear();
}

std::string worker_name() {
  return std::to_string(::getpid()) + "-" + crypto::random_token(16).substr(0, 8);
}

}  // namespace jobs
