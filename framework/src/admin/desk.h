// Desk: what the admin listener shows and can have done.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/observe/metrics.h>
#include <rondeau/routing/dispatcher.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/server/overview.h>
#include <rondeau/task/task.h>

#include "admin/health.h"
#include "admin/liveness.h"

namespace rondeau::admin {

/// One key of the settings.
struct Setting {
  std::string key;
  std::string value;   ///< as JSON; "***" for a secret
  std::string origin;  ///< "default", a file, a variable, a flag
};

/// Filled before the listener answers, but for `routes`. Its functions may be called by any thread while it answers.
struct Desk {
  std::string name;
  std::string version;
  runtime::Handle runtime;  ///< that of the service
  std::shared_ptr<observe::Registry> metrics;
  std::shared_ptr<Health> health;
  std::shared_ptr<Liveness> liveness;
  std::shared_ptr<server::Overview> server;
  std::vector<Setting> settings;
  /// Of the service; null before its set-up is done.
  std::function<std::shared_ptr<const routing::Dispatcher>()> routes;
  /// Begins to drain, once; later calls change nothing.
  std::function<void()> drain;
  /// Reads again what can be read again, on the runtime of the service; says what that was.
  std::function<Task<Result<std::string>>()> reload;
};

}  // namespace rondeau::admin
