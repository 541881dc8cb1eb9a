// How many statements an answer costs, counted between the service and its database.
#include <atomic>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/sql/backend.h>
#include <rondeau/testing/contract.h>
#include <rondeau/testing/test_app.h>

#include "blog.h"

using namespace conduit;
using namespace conduit::test;
using namespace rondeau;

namespace {

/// Passes everything on. Transactions are not looked into: those that count have none.
class CountingBackend final : public sql::Backend {
 public:
  explicit CountingBackend(sql::Database inner) : inner_(std::move(inner)), backend_(inner_.backend()) {}

  std::string_view system() const noexcept override { return backend_->system(); }
  Task<Result<sql::Outcome, sql::Error>> run(sql::Statement statement) override {
    ++statements;
    return backend_->run(std::move(statement));
  }
  Task<Result<std::vector<sql::Outcome>, sql::Error>> run_all(std::vector<sql::Statement> all) override {
    statements += static_cast<int>(all.size());
    return backend_->run_all(std::move(all));
  }
  Task<Result<std::unique_ptr<sql::Cursor>, sql::Error>> open(sql::Statement statement) override {
    ++statements;
    return backend_->open(std::move(statement));
  }
  Task<Result<std::unique_ptr<sql::Session>, sql::Error>> acquire(sql::Access access) override {
    ++sessions;
    return backend_->acquire(access);
  }
  sql::Stats stats() const override { return backend_->stats(); }
  Task<void> close(Duration at_most) override { return backend_->close(at_most); }
  void begin_close() noexcept override { backend_->begin_close(); }

  std::atomic<int> statements = 0;
  std::atomic<int> sessions = 0;

 private:
  const sql::Database inner_;
  const std::shared_ptr<sql::Backend> backend_;
};

}  // namespace

TEST_CASE("conduit: a page of 20 articles takes at most 4 statements, whoever looks at it") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  const auto counting = std::make_shared<CountingBackend>(runtime.block_on(open_database("sqlite::memory:")).value());
  const Parts parts = parts_of(sql::Database(counting));
  const Router<App> router = routes(parts.app);
  // Each answer is held against the document.
  TestApp app(router, testing::TestOptions{.contract = testing::Contract::of(router)});
  const auto send = [&](testing::TestRequest request, const std::string& token) {
    if (!token.empty()) request.header("authorization", "Token " + token);
    return request.send();
  };
  // Without a password: the clock of a TestApp does not wait for pools of one's own.
  const auto sign_up = [&](const std::string& name) {
    const Account account{0, name + "@b.c", name, "none", std::nullopt, std::nullopt};
    const std::int64_t id = runtime.block_on(parts.app.users.insert(account)).value();
    return parts.app.tokens.issue(id).value();
  };
  const std::string ann = sign_up("ann");
  const std::string bob = sign_up("bob");
  for (int i = 0; i < 25; ++i) {
    const auto made = app.post("/api/articles")
                          .header("content-type", "application/json")
                          .header("authorization", "Token " + ann)
                          .body(R"({"article":{"title":"t","description":"d","body":"b","tagList":["x","y","z"]}})")
                          .send();
    REQUIRE(http::code(made.status()) == 201);
  }
  send(app.post("/api/profiles/ann/follow"), bob);
  for (const char* target : {"/api/articles", "/api/articles?tag=x&author=ann", "/api/articles/feed"}) {
    for (const std::string& token : {std::string(), bob}) {
      if (token.empty() && std::string_view(target).ends_with("feed")) continue;
      CAPTURE(target);
      CAPTURE(token);
      counting->statements = 0;
      counting->sessions = 0;
      const auto page = send(app.get(target), token);
      CHECK(page.json<ArticlesBody>().articles.size() == 20);
      CHECK(page.json<ArticlesBody>().articles[19].tag_list.size() == 3);
      CHECK(counting->statements <= 4);
      CHECK(counting->statements >= 3);
      CHECK(counting->sessions == 0);
    }
  }
}

TEST_CASE("conduit: answers and refusals are what the document says") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  const Parts parts = parts_of(runtime.block_on(open_database("sqlite::memory:")).value());
  const Router<App> router = routes(parts.app);
  const auto contract = testing::Contract::of(router);
  TestApp app(router, testing::TestOptions{.contract = contract});
  const Account account{0, "ann@b.c", "ann", "none", std::nullopt, std::nullopt};
  const std::string ann = parts.app.tokens.issue(runtime.block_on(parts.app.users.insert(account)).value()).value();
  struct Case {
    Method method;
    const char* target;
    const char* body;
    unsigned status;
  };
  for (const Case& row : {
           Case{Method::Get, "/api/user", "", 200},
           Case{Method::Put, "/api/user", R"({"user":{"bio":"x","image":null}})", 200},
           Case{Method::Put, "/api/user", R"({"user":{}})", 422},
           Case{Method::Post, "/api/users", R"({"user":{}})", 422},
           Case{Method::Post, "/api/users", R"({"user":{"username":"ann","email":"n@b.c","password":"password"}})",
                422},
           Case{Method::Post, "/api/users/login", "{", 422},
           Case{Method::Get, "/api/profiles/ann", "", 200},
           Case{Method::Get, "/api/profiles/bob", "", 404},
           Case{Method::Post, "/api/profiles/ann/follow", "", 200},
           Case{Method::Post, "/api/articles",
                R"({"article":{"title":"T","description":"d","body":"b","tagList":["x"]}})", 201},
           Case{Method::Get, "/api/articles", "", 200},
           Case{Method::Get, "/api/articles?limit=0", "", 422},
           Case{Method::Get, "/api/articles/feed", "", 200},
           Case{Method::Get, "/api/articles/t", "", 200},
           Case{Method::Get, "/api/articles/none", "", 404},
           Case{Method::Put, "/api/articles/t", R"({"article":{"body":"c"}})", 200},
           Case{Method::Post, "/api/articles/t/favorite", "", 200},
           Case{Method::Delete, "/api/articles/t/favorite", "", 200},
           Case{Method::Post, "/api/articles/t/comments", R"({"comment":{"body":"b"}})", 200},
           Case{Method::Get, "/api/articles/t/comments", "", 200},
           Case{Method::Delete, "/api/articles/t/comments/1", "", 204},
           Case{Method::Delete, "/api/articles/t/comments/1", "", 404},
           Case{Method::Get, "/api/tags", "", 200},
           Case{Method::Delete, "/api/profiles/ann/follow", "", 200},
           Case{Method::Delete, "/api/articles/t", "", 204},
       }) {
    CAPTURE(row.target);
    auto request = app.request(row.method, row.target);
    request.header("authorization", "Token " + ann);
    if (*row.body != '\0') request.header("content-type", "application/json").body(row.body);
    const auto answer = request.send();
    CHECK(http::code(answer.status()) == row.status);
    CHECK(contract->covers(answer));
  }
}
