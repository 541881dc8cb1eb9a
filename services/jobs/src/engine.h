// Engine: everything that goes on without being asked for – dispatcher, executors, sweeper, crons, the feed of events.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/observe/metrics.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/join_handle.h>
#include <rondeau/task/task.h>

#include "app.h"
#include "database.h"
#include "figures.h"

namespace jobs {

struct EngineOptions {
  std::string worker;         ///< this process, for people
  std::size_t executors = 8;  ///< 0: this process runs no jobs
  milliseconds lease{30'000};
  milliseconds sweep{5'000};
  std::chrono::seconds keep{std::chrono::days(7)};
  milliseconds grace{5'000};  ///< how long jobs may go on that run when it stops
  std::shared_ptr<rondeau::observe::Registry> metrics = std::make_shared<rondeau::observe::Registry>();
};

/// Made and stopped on a runtime.
class Engine {
 public:
  Engine(const App& app, const Opened& opened, const EngineOptions& options);

  /// Takes no more jobs; those that run have the grace to end and are then given back. Everything else ends at once.
  Task<void> stop();

 private:
  void start(const App& app, const Opened& opened, const EngineOptions& options);
  void start_executors(const App& app, const EngineOptions& options, std::shared_ptr<Figures> figures,
                       bool hears_others);

  std::vector<rondeau::JoinHandle<void>> tasks_;  // that never end by themselves
  std::optional<rondeau::JoinHandle<void>> dispatcher_;
  std::optional<rondeau::JoinHandle<void>> executors_;
  rondeau::sync::CancellationToken stop_;       // the dispatcher
  rondeau::sync::CancellationToken give_back_;  // the executors
  milliseconds grace_;
};

/// "4711-x8Kq…": the process, and a random part, since process ids come again.
std::string worker_name();

}  // namespace jobs
