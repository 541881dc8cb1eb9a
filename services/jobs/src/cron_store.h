// Crons, as the database keeps them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/sql/database.h>
#include <rondeau/task/task.h>

#include "bell.h"
#include "models.h"
#include "requests.h"

namespace jobs {

namespace sql = rondeau::sql;
using rondeau::Result;
using rondeau::Task;

/// Copies are the same store. Thread safety: any task. Errors: what the database says.
class CronStore {
 public:
  CronStore(sql::Database database, std::shared_ptr<Bell> bell)
      : database_(std::move(database)), bell_(std::move(bell)) {}

  struct Put {
    Cron cron;
    bool is_new = false;
  };
  /// A tick that is due already stays due where the schedule stays as it was.
  Task<Result<Put>> put(std::string name, NewCron cron) const;
  Task<Result<std::optional<Cron>>> find(std::string name) const;
  Task<Result<std::vector<Cron>>> list() const;
  /// False: there was none.
  Task<Result<bool>> remove(std::string name) const;

  Task<Result<std::vector<Cron>>> due(Time time) const;
  Task<Result<std::optional<Time>>> next_due() const;
  /// Puts in the job of the tick `tick` under the key cron:NAME:TIME, where the cron waits for `cron.next_at` still,
  /// and makes it wait for `next`. Of several processes that do so at once one puts in a job. True: this one.
  Task<Result<bool>> fire(Cron cron, Time tick, Time next) const;
  /// The same without a job.
  Task<Result<void>> skip(Cron cron, Time next) const;

 private:
  sql::Database database_;
  std::shared_ptr<Bell> bell_;
};

}  // namespace jobs
