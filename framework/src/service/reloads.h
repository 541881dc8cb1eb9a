// Reloads: what can be read again while the service serves.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/service/service.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/task.h>

namespace rondeau::service {

/// Thread safety: any thread.
class Reloads {
 public:
  void add(std::string name, Context::Reload reload);

  /// All of them, one after the other, and each told in the log; one round at a time. What fails keeps what it had.
  ///
  /// Gives their names. Errors: Unsupported where there are none; that of the first that failed, with its name.
  static Task<Result<std::string>> run(std::shared_ptr<Reloads> reloads);

 private:
  struct Named {
    std::string name;
    Context::Reload reload;
  };

  sync::Semaphore rounds_{1};
  std::mutex mutex_;
  std::vector<Named> all_;  // guarded by mutex_
};

}  // namespace rondeau::service
