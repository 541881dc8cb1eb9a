// Errors of the application, and what each is to a client (RFC 9457). Run: build/examples/errors --port 8080
//   curl localhost:8080/accounts/ann/withdrawals -H 'content-type: application/json' -d '{"amount":500}'
//   curl localhost:8080/accounts/eve -H 'accept: text/plain'
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>

using namespace rondeau;

/// What can go wrong in the bank, in the bank's words.
struct BankError {
  enum class Kind { NoSuchAccount, TooLittle, Closed };
  Kind kind;
  int balance = 0;
};

/// What that is in HTTP, said once. Handlers return Result<T, BankError> and know nothing of statuses.
template <>
struct rondeau::IntoProblem<BankError> {
  static Problem into(BankError error) {
    switch (error.kind) {
      case BankError::Kind::NoSuchAccount:
        return problem(StatusCode::NotFound, "there is no such account");
      case BankError::Kind::TooLittle:
        return problem(StatusCode::Conflict, "the account has less")
            .type("https://example.org/problems/balance")
            .with("balance", error.balance);
      case BankError::Kind::Closed:
        return problem(StatusCode::Gone, "the account is closed");
    }
    return problem(StatusCode::InternalServerError);
  }
};

struct Account {
  int balance = 0;
  bool closed = false;
};
struct Withdrawal {
  Ranged<int, 1, 1'000'000> amount;
};

class Bank {
 public:
  Result<Account, BankError> look(const std::string& name) {
    const std::lock_guard lock(mutex_);
    RONDEAU_TRY_PLAIN(const auto found, find(name));
    return found->second;
  }
  Result<Account, BankError> withdraw(const std::string& name, int amount) {
    const std::lock_guard lock(mutex_);
    RONDEAU_TRY_PLAIN(const auto found, find(name));
    Account& account = found->second;
    if (account.balance < amount) return Unexpected{BankError{BankError::Kind::TooLittle, account.balance}};
    account.balance -= amount;
    return account;
  }

 private:
  using Accounts = std::map<std::string, Account, std::less<>>;
  Result<Accounts::iterator, BankError> find(const std::string& name) {
    const auto found = accounts_.find(name);
    if (found == accounts_.end()) return Unexpected{BankError{BankError::Kind::NoSuchAccount}};
    if (found->second.closed) return Unexpected{BankError{BankError::Kind::Closed}};
    return found;
  }

  std::mutex mutex_;  // guards what follows
  Accounts accounts_{{"ann", {.balance = 100}}, {"bob", {.closed = true}}};
};

Result<Json<Account>, BankError> look(State<Bank> bank, Path<"name"> name) {
  RONDEAU_TRY_PLAIN(const Account account, bank->look(*name));
  return Json{account};
}

Result<Json<Account>, BankError> withdraw(State<Bank> bank, Path<"name"> name, Json<Withdrawal> withdrawal) {
  RONDEAU_TRY_PLAIN(const Account account, bank->withdraw(*name, *withdrawal->amount));
  return Json{account};
}

/// An exception is for what cannot happen: a 500 that says nothing of it, and a line in the log that says all.
std::string audit() {
  throw std::runtime_error("the ledger's page 7 is missing");
}

int main(int argc, char** argv) {
  Router<Bank> router(std::make_shared<Bank>());
  router.get<"/accounts/{name}">(look).summary("One account").also(StatusCode::NotFound).also(StatusCode::Gone);
  router.post<"/accounts/{name}/withdrawals">(withdraw).summary("Takes money out").also(StatusCode::Conflict);
  router.get<"/audit">(audit).summary("Fails");
  return Service("errors").run(argc, argv, std::move(router));
}
