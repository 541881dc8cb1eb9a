// Money that moves or does not, never half: a transaction with a rule that the database keeps, and one part that may
// fail alone. Run: build/examples/transactions --port 8080
//   curl localhost:8080/accounts
//   curl localhost:8080/transfers -H 'content-type: application/json' -d '{"from":1,"to":2,"amount":30,"note":"rent"}'
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>
#include <rondeau/sqlite/sqlite.h>

using namespace rondeau;

struct Account {
  std::int64_t id = 0;
  std::string owner;
  std::int64_t balance = 0;
};
struct Transfer {
  std::int64_t from;
  std::int64_t to;
  Ranged<std::int64_t, 1, 1'000'000'000> amount;
  std::optional<MaxLength<40>> note;
};
void validate(const Transfer& transfer, Violations& wrong) {
  if (transfer.from == transfer.to) wrong.add(transfer.to, "must be another account", "same");
}
struct Done {
  std::int64_t id = 0;
  bool noted = false;
};

struct App {
  sql::Database bank;
};
struct Settings {
  std::string database = "sqlite::memory:";
};

Result<sql::Migrations, sql::Error> migrations() {
  const std::vector<sql::MigrationFile> files{{"0001_create_bank.sql", R"sql(
    create table accounts (id integer primary key, owner text not null,
                           balance integer not null check (balance >= 0)) strict;
    create table transfers (id integer primary key, source integer not null references accounts,
                            target integer not null references accounts, amount integer not null) strict;
    create table notes (text text primary key, transfer integer not null references transfers) strict;
    insert into accounts (owner, balance) values ('Ann', 100), ('Bob', 0);
  )sql"}};
  return sql::Migrations::from_files(files);
}

using Outcome = Result<Done, sql::Error>;

/// Commits when it returns a value; leaves nothing where it returns an error, throws, or its client leaves. It may run
/// twice, where others were in the way: so what cannot be undone, a mail for instance, comes after it.
Task<Outcome> transfer_in(sql::Transaction& tx, Transfer what) {
  // The rules are the database's: no balance below zero, no account that is none. Asking first would be asking too
  // early.
  RONDEAU_TRY(Done done, co_await tx.one<Done>("insert into transfers (source, target, amount) values ($1, $2, $3) "
                                               "returning id, 0 as noted",
                                               what.from, what.to, *what.amount));
  RONDEAU_TRY_VOID(
      co_await tx.exec("update accounts set balance = balance - $1 where id = $2", *what.amount, what.from));
  RONDEAU_TRY_VOID(co_await tx.exec("update accounts set balance = balance + $1 where id = $2", *what.amount, what.to));
  if (what.note) {
    // May fail alone: a note that was used before is no reason not to pay.
    const auto noted = co_await tx.savepoint(
        [note = **what.note, id = done.id](sql::Transaction& part) -> Task<Result<std::int64_t, sql::Error>> {
          co_return co_await part.exec("insert into notes (text, transfer) values ($1, $2)", note, id);
        });
    if (!noted && !noted.error().is_unique_violation()) co_return Unexpected{noted.error()};
    done.noted = noted.has_value();
  }
  co_return done;
}

Task<Result<Created<Json<Done>>, Problem>> transfer(State<App> app, Json<Transfer> what) {
  auto done = co_await app->bank.transaction([what = *what](sql::Transaction& tx) { return transfer_in(tx, what); });
  if (!done && done.error().is_check_violation()) co_return problem(StatusCode::Conflict, "the account has less");
  if (!done && done.error().is_foreign_key_violation())
    co_return problem(StatusCode::NotFound, "there is no such account");
  if (!done) co_return Problem(std::move(done).error());  // busy: 503, else 500
  const std::string where = "/transfers/" + std::to_string(done->id);
  co_return Created{Json{*done}, where};
}

Task<Result<Json<std::vector<Account>>, Problem>> accounts(State<App> app) {
  RONDEAU_TRY(auto all,
              co_await app->bank.all<Account>("select id, owner, balance from accounts order by id limit 100"));
  co_return Json{std::move(all)};
}

Task<Result<Router<App>>> set_up(service::Context&, const Settings& settings) {
  RONDEAU_TRY(sql::Database bank, co_await sqlite::open_url(settings.database));
  RONDEAU_TRY(sql::Migrations steps, migrations());
  RONDEAU_TRY_VOID(co_await bank.migrate(std::move(steps)));
  Router<App> router(App{bank});
  router.get<"/accounts">(accounts).summary("Who has how much");
  router.post<"/transfers">(transfer).summary("Moves money").also(StatusCode::NotFound).also(StatusCode::Conflict);
  co_return router;
}

int main(int argc, char** argv) {
  return Service("transactions").run<Settings>(argc, argv, set_up);
}
