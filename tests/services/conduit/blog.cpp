#include "blog.h"

#include <filesystem>

#ifdef CONDUIT_POSTGRES
#include <rondeau/postgres/database.h>
#include "support/postgres_server.h"
#endif
#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/spawn.h>
#include <rondeau/text/ascii.h>

#include "failure.h"
#include "gateway.h"
#include "support/temporary_directory.h"

namespace conduit::test {

using namespace rondeau;

namespace {

runtime::Runtime threads() {
  return runtime::Builder::multi_thread().worker_threads(2).build().value();
}

class BlogOnThreads final : public Blog {
 public:
  BlogOnThreads(std::string url, std::uint32_t logins_per_minute)
      : runtime_(threads()),
        database_(runtime_.block_on(open_database(std::move(url))).value()),
        parts_(parts_of(database_, logins_per_minute)),
        dispatcher_(routes(parts_.app).build().value()) {
    runtime_.block_on([this]() -> Task<void> {
      keeper_ = spawn(keep_feeds_true(std::move(parts_.events), parts_.cache, parts_.app.users));
      if (const auto program = Gateway::program()) gateway_.emplace(*program, dispatcher_);
      co_return;
    });
  }
  ~BlogOnThreads() override {
    runtime_.block_on([this]() -> Task<void> {
      if (gateway_) co_await gateway_->end();
      parts_.app.feeds->close();
      static_cast<void>(co_await *std::move(keeper_));
      co_await database_.close();
    });
  }

  Answer ask(const Question& question) override {
    return gateway_ ? runtime_.block_on(gateway_->ask(question)) : ask_directly(question);
  }
  void execute(std::function<Task<void>(sql::Database)> work) override { runtime_.block_on(work(database_)); }

 private:
  Answer ask_directly(const Question& question) {
    Headers headers;
    if (!question.token.empty()) headers.append("authorization", "Token " + question.token).value();
    if (!question.body.empty()) headers.append("content-type", question.type).value();
    for (const auto& [name, value] : question.fields) headers.append(name, value).value();
    auto request = Request::make(question.method, question.target, headers, Bytes::copy_of(question.body)).value();
    return runtime_.block_on([&]() -> Task<Answer> {
      const Response response = co_await dispatcher_->handle(Request(request.block()));
      Answer answer{http::code(response.status()), std::string(response.body().view()), {}};
      for (const auto& field : response.headers()) answer.fields.emplace_back(field.name, field.value);
      co_return answer;
    });
  }

  runtime::Runtime runtime_;
  sql::Database database_;
  Parts parts_;
  std::shared_ptr<const routing::Dispatcher> dispatcher_;
  std::optional<JoinHandle<void>> keeper_;
  std::optional<Gateway> gateway_;
};

#ifdef CONDUIT_POSTGRES
/// A database of PostgreSQL that nobody has used; nothing where no server is installed.
std::optional<std::string> new_postgres_database() {
  if (!support::PostgresServer::programs()) return std::nullopt;
  static const support::PostgresServer server;
  static int made = 0;
  const std::string name = "conduit_" + std::to_string(made++);
  threads().block_on([&]() -> Task<void> {
    const postgres::Database database = (co_await postgres::open(server.url())).value();
    static_cast<void>((co_await database.exec(sql::unchecked("create database " + name))).value());
    co_await database.close();
  });
  std::string url = server.url();
  return url.replace(url.rfind('/') + 1, std::string::npos, name);
}
#else
std::optional<std::string> new_postgres_database() {
  return std::nullopt;
}
#endif

}  // namespace

std::string Answer::field(std::string_view name) const {
  for (const auto& [each, value] : fields) {
    if (text::equals_ignoring_case(each, name)) return value;
  }
  return {};
}

Parts parts_of(sql::Database database, std::uint32_t logins_per_minute) {
  auto [sender, receiver] = sync::mpsc<FeedEvent>(kFeedQueue);
  auto metrics = std::make_shared<observe::Registry>();
  auto cache = std::make_shared<FeedCache>();
  auto feeds = std::make_shared<Feeds>(cache, std::move(sender), metrics->counter("dropped_total", "").with({}));
  return {App{.users = UserStore(database),
              .articles = ArticleStore(database),
              .comments = CommentStore(database),
              .tokens = Tokens::make("0123456789abcdef0123456789abcdef").value(),
              .passwords = std::make_shared<PasswordHasher>(crypto::ScryptCost{4, 1, 1}),
              .logins = std::make_shared<LoginLimit>(logins_per_minute),
              .feeds = std::move(feeds)},
          std::move(cache), std::move(receiver), std::move(metrics)};
}

std::string Blog::sign_up(const std::string& name) {
  const Answer answer = post("/api/users", R"({"user":{"username":")" + name + R"(","email":")" + name +
                                               R"(@example.org","password":"password"}})");
  REQUIRE(answer.status == 201);
  return answer.json<UserBody>().user.token;
}

std::string Blog::publish(const std::string& token, const std::string& title, const std::string& tags) {
  const Answer answer =
      post("/api/articles",
           R"({"article":{"title":")" + title + R"(","description":"d","body":"b","tagList":)" + tags + "}}", token);
  REQUIRE(answer.status == 201);
  return answer.json<ArticleBody>().article.slug;
}

std::unique_ptr<Blog> blog_on(std::string database_url, std::uint32_t logins_per_minute) {
  return std::make_unique<BlogOnThreads>(std::move(database_url), logins_per_minute);
}

void on_each_blog(const std::function<void(Blog& blog)>& body) {
  {
    INFO("SQLite in memory");
    body(*blog_on("sqlite::memory:"));
  }
  {
    INFO("SQLite in a file");
    const support::TemporaryDirectory folder;
    body(*blog_on("sqlite:" + (folder / "x.db").native()));
  }
  if (const auto url = new_postgres_database()) {
    INFO("PostgreSQL");
    body(*blog_on(*url));
  }
}

void check_error(const Answer& answer, unsigned status, std::string_view sentence) {
  CAPTURE(answer.body);
  CHECK(answer.status == status);
  CHECK(answer.field("content-type") == "application/json; charset=utf-8");
  CHECK(answer.field("access-control-allow-origin") == "*");
  if (status == 401) CHECK(answer.field("www-authenticate") == "Token");
  const auto list = json::parse<ErrorList>(answer.body);
  REQUIRE(list.has_value());
  REQUIRE_FALSE(list->errors.body.empty());
  if (!sentence.empty()) CHECK(list->errors.body.front() == sentence);
}

}  // namespace conduit::test
