#include "writer.h"

#include <pthread.h>

namespace shortlink {
namespace {

constexpr std::size_t kQueue = 1024;
constexpr std::size_t kTogether = 256;

}  // namespace

Writer::Writer(Database database) {
  auto [sender, receiver] = rondeau::sync::mpsc<std::unique_ptr<Job>>(kQueue);
  jobs_.emplace(std::move(sender));
  thread_ = std::thread([database = std::move(database), jobs = std::move(receiver)]() mutable {
    ::pthread_setname_np(::pthread_self(), "sqlite-writer");
    serve(std::move(database), std::move(jobs));
  });
}

Writer::~Writer() {
  jobs_.reset();  // without senders the channel ends once it is empty
  thread_.join();
}

void Writer::serve(Database database, rondeau::sync::Receiver<std::unique_ptr<Job>> jobs) {
  Jobs batch;
  while (jobs.blocking_recv_many(batch, kTogether) > 0) {
    const Result<void> committed = transaction(database, batch);
    for (auto& job : batch) job->answer(committed);
    batch.clear();
  }
}

Result<void> Writer::transaction(Database& database, Jobs& jobs) {
  RONDEAU_TRY_VOID_PLAIN(database.execute("BEGIN IMMEDIATE"));
  Result<void> done = apply_all(database, jobs);
  if (done) done = database.execute("COMMIT");
  if (!done) static_cast<void>(database.execute("ROLLBACK"));
  return done;
}

Result<void> Writer::apply_all(Database& database, Jobs& jobs) {
  for (auto& job : jobs) {
    RONDEAU_TRY_VOID_PLAIN(database.execute("SAVEPOINT job"));
    if (!job->apply(database)) RONDEAU_TRY_VOID_PLAIN(database.execute("ROLLBACK TO job"));
    RONDEAU_TRY_VOID_PLAIN(database.execute("RELEASE job"));
  }
  return {};
}

}  // namespace shortlink
