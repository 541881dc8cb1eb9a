// Behind pgbouncer, which gives another server connection for each transaction.
#include <doctest/doctest.h>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include <rondeau/task/join_set.h>
#include <rondeau/time/sleep.h>

#include "database.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using integration::good;
using integration::server;

constexpr const char* kProgram = "/usr/sbin/pgbouncer";

/// One server connection for everybody, by a Unix socket.
class Bouncer {
 public:
  Bouncer() {
    server().give(directory_.path());
    const std::string folder = directory_.path();
    server().give(directory_.put("users", "\"postgres\" \"\"\n"));
    const std::string config = directory_.put(
        "bouncer.ini", "[databases]\npostgres = host=" + server().socket_directory() + " port=" +
                           std::to_string(server().port()) + " user=postgres\n[pgbouncer]\nlisten_port = 6432\nlisten_addr =\n"
                           "unix_socket_dir = " + folder + "\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 1\n"
                           "logfile = " + folder + "/log\nserver_reset_query =\n");
    server().give(config);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (::geteuid() == 0) {
        ::execl(kProgram, kProgram, "-q", "-u", "postgres", config.c_str(), nullptr);
      } else {
        ::execl(kProgram, kProgram, "-q", config.c_str(), nullptr);
      }
      ::_exit(127);
    }
  }
  Bouncer(const Bouncer&) = delete;
  Bouncer& operator=(const Bouncer&) = delete;
  ~Bouncer() {
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::waitpid(pid_, &status, 0);
  }
  std::string url() const { return "postgres://postgres@/postgres?port=6432&host=" + directory_.path().native(); }

 private:
  support::TemporaryDirectory directory_;
  pid_t pid_ = -1;
};

TEST_CASE("postgres: behind a transaction pooler statements, transactions and batches need no session"
          * doctest::skip(!std::filesystem::exists(kProgram))) {
  const Bouncer bouncer;
  test::run([&]() -> Task<void> {
    const postgres::Options options{.max_connections = 4, .pooler = postgres::Pooler::Transaction};
    auto opened = co_await postgres::open(bouncer.url(), options);
    for (int tries = 0; !opened && tries < 200; ++tries) {
      co_await sleep_for(10ms);
      opened = co_await postgres::open(bouncer.url(), options);
    }
    const auto db = good(std::move(opened));
    good(co_await db.exec("create table if not exists pooled (a int)"));
    // Four of ours share the one of the server's: a prepared statement of one would be met by the others.
    JoinSet<void> users;
    for (int user = 0; user < 4; ++user) {
      users.spawn([](postgres::Database mine, int number) -> Task<void> {
        for (int i = 0; i < 20; ++i) {
          CHECK(good(co_await mine.scalar<int>("select $1 + 1", number)) == number + 1);
          good(co_await mine.transaction([&](sql::Transaction& tx) -> Task<Result<void, sql::Error>> {
            RONDEAU_TRY_VOID(co_await tx.exec("insert into pooled values ($1)", number));
            co_return {};
          }));
          const auto [one, two] = good(co_await mine.batch(sql::scalar<int>("select $1 + 1", number), sql::scalar<int>("select 2")));
          CHECK(one + two == number + 3);
        }
      }(db, user));
    }
    while (auto ended = co_await users.join_next()) CHECK(*ended);
    CHECK(good(co_await db.scalar<std::int64_t>("select count(*) from pooled")) == 80);
    CHECK(good(co_await db.scalar<std::int64_t>("select count(*) from pg_prepared_statements")) == 0);
    CHECK((co_await db.with_timeout(30ms).exec("select pg_sleep(1)")).error().kind() == sql::ErrorKind::Timeout);
    CHECK(good(co_await db.scalar<int>("select 1")) == 1);
    CHECK((co_await db.migrate(sql::Migrations())).error().kind() == sql::ErrorKind::Config);
    co_await db.close();
  });
}

}  // namespace
