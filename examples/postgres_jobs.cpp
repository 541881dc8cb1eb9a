// A queue of jobs in PostgreSQL: any number of workers, none of which asks in vain or takes another one's job.
// Run: build/examples/postgres_jobs postgres://postgres@localhost/postgres
#include <rondeau/rondeau.h>
#include <rondeau/postgres/database.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/join_set.h>
#include <rondeau/time/sleep.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

using Done = Result<void, sql::Error>;

struct Job {
  std::int64_t id;
  std::string task;
};

Task<Done> set_up(postgres::Database db) {
  RONDEAU_TRY_VOID(co_await db.exec("create table if not exists jobs (id bigint generated always as identity primary key, "
                                    "task text not null)"));
  co_return {};
}

/// The job and the news of it come to be together, with the commit.
Task<Done> add(postgres::Database db, std::string task) {
  co_return co_await db.transaction([task](sql::Transaction& tx) -> Task<Done> {
    RONDEAU_TRY_VOID(co_await tx.exec("insert into jobs (task) values ($1)", task));
    RONDEAU_TRY_VOID(co_await tx.exec("select pg_notify('jobs', '')"));
    co_return {};
  });
}

/// False: there is none. A worker that dies in the middle leaves its job to the next one.
Task<Result<bool, sql::Error>> work_one(postgres::Database db, int worker) {
  co_return co_await db.transaction([worker](sql::Transaction& tx) -> Task<Result<bool, sql::Error>> {
    RONDEAU_TRY(const auto job, co_await tx.maybe<Job>("select id, task from jobs order by id limit 1 for update skip locked"));
    if (!job) co_return false;
    std::printf("worker %d: %s\n", worker, job->task.c_str());
    RONDEAU_TRY_VOID(co_await tx.exec("delete from jobs where id = $1", job->id));
    co_return true;
  });
}

/// A notification says that there may be work, a gap that there may have been news: both are a reason to look.
Task<void> work(postgres::Database db, int worker) {
  auto news = db.listen({"jobs"});
  while (true) {
    static_cast<void>(co_await news.next());
    while ((co_await work_one(db, worker)).value_or(false)) {
    }
  }
}

Task<Result<void>> run_example(std::string url) {
  RONDEAU_TRY(const auto db, co_await postgres::open(std::move(url)));
  RONDEAU_TRY_VOID(co_await set_up(db));
  JoinSet<void> workers;
  for (int worker = 1; worker <= 3; ++worker) workers.spawn(work(db, worker));
  for (int i = 1; i <= 10; ++i) RONDEAU_TRY_VOID(co_await add(db, "job " + std::to_string(i)));
  while (true) {
    RONDEAU_TRY(const auto left, co_await db.scalar<std::int64_t>("select count(*) from jobs"));
    if (left == 0) break;
    co_await sleep_for(10ms);
  }
  co_await workers.shutdown();
  co_await db.close();
  co_return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "postgres_jobs URL\n");
    return 2;
  }
  return run(run_example(argv[1]));
}
