// What a point select costs its client: rondeau::postgres beside a blocking loop over libpq, in one process and by turns.
//
//   build-release/tests/bench/postgres_select [ROUNDS [SELECTS [WAY]]]
//
// Starts a server of its own. CPU is that of this process (getrusage), without the server's; each figure is the least of
// its rounds, since noise only ever adds. WAY, 0 to 2: only that one, for a profiler.
// Allocations are those of operator new; libpq's own are not counted.
#include <libpq-fe.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/postgres/database.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>

#include "support/postgres_server.h"

using namespace rondeau;

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

constexpr int kDepth = 32;

struct User {
  std::int32_t id;
  std::string name;
};

double cpu_microseconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto in_microseconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return in_microseconds(used.ru_utime) + in_microseconds(used.ru_stime);
}

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

/// The reference: prepared once, parameters and results in binary.
class Blocking {
 public:
  explicit Blocking(const std::string& url) : connection_(PQconnectdb((url + "?sslmode=disable").c_str())) {
    PQclear(PQprepare(connection_, "s", "select id, name from users where id = $1", 1, nullptr));
  }
  Blocking(const Blocking&) = delete;
  Blocking& operator=(const Blocking&) = delete;
  ~Blocking() { PQfinish(connection_); }

  User select(std::int32_t id) {
    const std::uint32_t sent = __builtin_bswap32(static_cast<std::uint32_t>(id));
    const char* values[] = {reinterpret_cast<const char*>(&sent)};
    const int lengths[] = {sizeof sent};
    const int formats[] = {1};
    PGresult* result = PQexecPrepared(connection_, "s", 1, values, lengths, formats, 1);
    if (PQntuples(result) != 1) fail(PQerrorMessage(connection_));
    std::uint32_t found = 0;
    std::copy_n(PQgetvalue(result, 0, 0), sizeof found, reinterpret_cast<char*>(&found));
    User user{static_cast<std::int32_t>(__builtin_bswap32(found)),
              std::string(PQgetvalue(result, 0, 1), static_cast<std::size_t>(PQgetlength(result, 0, 1)))};
    PQclear(result);
    return user;
  }

 private:
  PGconn* connection_;
};

Task<postgres::Database> filled(std::string url) {
  auto db = (co_await postgres::open(std::move(url), {.max_connections = 1})).value();
  (co_await db.exec("create table users (id int primary key, name text not null)")).value();
  (co_await db.exec("insert into users select i, 'user number ' || i from generate_series(0, 9999) as i")).value();
  (co_await db.exec("analyze users")).value();
  co_return db;
}

Task<void> serial(const postgres::Database& db, int selects) {
  for (int i = 0; i < selects; ++i) {
    const auto user = co_await db.one<User>("select id, name from users where id = $1", std::int32_t{i % 10'000});
    if (!user || user->id != i % 10'000) fail(user ? "a wrong row" : user.error().message());
  }
}

Task<void> in_batches(const postgres::Database& db, int selects) {
  for (int i = 0; i < selects; i += kDepth) {
    std::vector<sql::Item<User>> items;
    items.reserve(kDepth);
    for (int k = 0; k < kDepth; ++k) {
      items.push_back(sql::one<User>("select id, name from users where id = $1", std::int32_t{(i + k) % 10'000}));
    }
    const auto users = co_await db.batch(std::move(items));
    if (!users || users->back().id != (i + kDepth - 1) % 10'000) fail(users ? "a wrong row" : users.error().message());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (!support::PostgresServer::programs()) fail("no PostgreSQL server is installed");
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
  const int selects = argc > 2 ? std::atoi(argv[2]) : 20'000;
  support::PostgresServer server;
  const auto runtime = runtime::Builder::current_thread().build().value();
  const postgres::Database db = runtime.block_on(filled(server.url()));
  Blocking blocking(server.url());

  struct Way {
    const char* name;
    std::function<void(int)> run;
    double least = 1e9;
    double allocated = 0;
  };
  Way ways[] = {
      {"libpq, blocking", [&](int count) { for (int i = 0; i < count; ++i) static_cast<void>(blocking.select(i % 10'000)); }},
      {"rondeau, one by one", [&](int count) { runtime.block_on(serial(db, count)); }},
      {"rondeau, batches of 32", [&](int count) { runtime.block_on(in_batches(db, count)); }},
  };
  const std::span<Way> chosen = argc > 3 ? std::span(ways).subspan(std::min<std::size_t>(std::strtoul(argv[3], nullptr, 10), 2), 1)
                                         : std::span(ways);
  for (Way& way : chosen) way.run(500);
  for (int round = 0; round < rounds; ++round) {
    for (Way& way : chosen) {
      const std::uint64_t allocated = allocations.load();
      const double before = cpu_microseconds();
      way.run(selects);
      way.allocated = static_cast<double>(allocations.load() - allocated) / selects;
      way.least = std::min(way.least, (cpu_microseconds() - before) / selects);
    }
  }
  for (const Way& way : chosen) {
    std::printf("%-24s %6.2f us of client CPU a select, %.2f of the blocking loop, %.1f allocations\n", way.name, way.least,
                way.least / chosen[0].least, way.allocated);
  }
  runtime.block_on(db.close());
}
