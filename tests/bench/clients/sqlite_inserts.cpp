// Inserts of one row, each answered after its commit: 64 tasks on sqlite::Database beside a plain loop over SQLite.
//   sqlite_inserts FILE [full|relaxed] [inserts]
// Runs both by turns, seven times, and prints the best of each: inserts a second and CPU of an insert.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sqlite3.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/sqlite/sqlite.h>
#include <rondeau/task/spawn.h>

using namespace rondeau;

namespace {

constexpr int kRounds = 7;
constexpr int kTasks = 64;
constexpr char kInsert[] = "insert into events (at, what) values ($1, $2)";

struct Cost {
  double wall = 1e9;  // seconds
  double cpu = 1e9;   // microseconds of one insert
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <class Work>
void measure(Cost& best, int inserts, Work work) {
  const auto begun = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  work();
  best.wall = std::min(best.wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
  best.cpu = std::min(best.cpu, (cpu_seconds() - cpu) * 1e6 / inserts);
}

/// One commit an insert, as a program does it that knows nothing of its other tasks.
void plain_loop(const std::string& file, bool full, int inserts) {
  sqlite3* database = nullptr;
  sqlite3_open(file.c_str(), &database);
  sqlite3_exec(database, full ? "pragma synchronous = full" : "pragma synchronous = normal", nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "insert into events (at, what) values (?, ?)", -1, &insert, nullptr);
  for (int i = 0; i < inserts; ++i) {
    sqlite3_bind_int(insert, 1, i);
    sqlite3_bind_text(insert, 2, "something happened", -1, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE) std::abort();
    sqlite3_reset(insert);
  }
  sqlite3_finalize(insert);
  sqlite3_close(database);
}

Task<void> insert_many(sql::Database database, int inserts) {
  for (int i = 0; i < inserts; ++i) (co_await database.exec(kInsert, i, "something happened")).value();
}

Task<void> with_tasks(sql::Database database, int tasks, int inserts) {
  std::vector<JoinHandle<void>> all;
  for (int i = 0; i < tasks; ++i) all.push_back(spawn(insert_many(database, inserts / tasks)));
  for (auto& one : all) (co_await one).value();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "sqlite_inserts FILE [full|relaxed] [inserts]\n"), 2;
  const std::string file = argv[1];
  const bool full = argc < 3 || std::string_view(argv[2]) == "full";
  const int inserts = argc < 4 ? 20'000 : std::atoi(argv[3]);
  const int single = full ? std::min(inserts, 500) : inserts;  // an fsync each
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file + end);

  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  Cost plain;
  Cost one;
  Cost many;
  {
    const sql::Database database = sqlite::open_blocking({.file = file,
                                                          .durability = full ? sqlite::Durability::Full
                                                                             : sqlite::Durability::Relaxed})
                                       .value();
    runtime.block_on(database.exec("create table events (id integer primary key, at integer, what text)")).value();
    for (int round = 0; round < kRounds; ++round) {
      measure(plain, single, [&] { plain_loop(file, full, single); });
      measure(one, single, [&] { runtime.block_on(with_tasks(database, 1, single)); });
      measure(many, inserts, [&] { runtime.block_on(with_tasks(database, kTasks, inserts)); });
    }
  }
  const auto print = [](const char* who, const Cost& cost, int count) {
    std::printf("%-24s %9.0f inserts/s %8.1f µs CPU\n", who, count / cost.wall, cost.cpu);
  };
  print("SQLite, plain loop", plain, single);
  print("sqlite::Database, 1 task", one, single);
  print("sqlite::Database, 64", many, inserts);
}
