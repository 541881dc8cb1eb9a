// What is legal and seldom meant, told by a built router.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/auth/login.h>
#include <rondeau/auth/require_auth.h>
#include <rondeau/rondeau.h>
#include <rondeau/store/memory_store.h>
#include <rondeau/task/async_generator.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Refused {};  ///< what a login that fails is answered

}  // namespace

template <>
struct rondeau::IntoResponse<Refused> {
  static Response into(const Refused&, const Request&) { return Response(StatusCode::Unauthorized); }
  static void describe(schema::Operation& operation) { operation.problem(StatusCode::Unauthorized); }
};

namespace {

template <class App>
std::vector<std::string> lint_of(const Router<App>& router) {
  const auto built = router.build();
  REQUIRE_MESSAGE(built.has_value(), built.error().message());
  return (*built)->lint();
}
bool tells(const std::vector<std::string>& sentences, std::string_view what) {
  return std::ranges::any_of(sentences, [&](const std::string& one) { return one.find(what) != std::string::npos; });
}
std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& one : sentences) text += one + "\n";
  return text;
}

struct Guard {
  static constexpr Slot kSlot = Slot::Auth;
  std::optional<Response> before(Request&) const { return std::nullopt; }
};
struct Boasting {
  std::optional<Response> before(Request&) const { return std::nullopt; }
  std::vector<std::string> remarks() const { return {"is the best", "and knows it"}; }
};
struct User {
  std::string name;
};

std::string name_of(LoggedIn<User> user) {
  return user->name;
}

AsyncGenerator<std::string> ticks() {
  while (true) co_yield "tick";
}

constexpr std::string_view kCookie = "knows its clients by a cookie";
constexpr std::string_view kNobodyAsks = "changes things, and nothing around it asks who it is";

}  // namespace

TEST_CASE("routing: the lint tells what is legal and seldom meant") {
  Router<> app;
  app.get<"/reads">([](std::string) { return "a"; });
  app.post<"/open">([] { return NoContent(); });
  app.get<"/lost/{id}">([] { return "b"; });
  app.get<"/bare">([] { return Response::text("?"); }).summary("Bare");
  const auto sentences = lint_of(app);
  CHECK(tells(sentences, "GET /reads at "));
  CHECK(tells(sentences, "reads a body"));
  CHECK(tells(sentences, kNobodyAsks));
  CHECK(tells(sentences, "has {id} in its pattern, which nobody reads"));
  CHECK(tells(sentences, "returns a bare Response"));
  CHECK(std::ranges::count_if(sentences, [](const std::string& one) { return one.ends_with("has no summary"); }) == 3);
}

TEST_CASE("routing: the lint has nothing to say of what is told and guarded") {
  Router<> app;
  app.post<"/guarded">([] { return NoContent(); }).summary("Guarded").layer(Guard());
  app.get<"/told">([] { return Response::text("?"); }).summary("Told").also(StatusCode::Ok);
  app.get<"/hidden">([] { return Response::text("?"); }).hidden();
  CHECK(joined(lint_of(app)) == "");
}

TEST_CASE("routing: a layer that only looks who is there is no one that asks") {
  const auto store = std::make_shared<store::MemoryStore>();
  Router<> looks;
  looks.layer(login<User>(store)).layer(Csrf());
  looks.post<"/">([] { return NoContent(); }).summary("Anybody's");
  CHECK(joined(lint_of(looks)).find(kNobodyAsks) != std::string::npos);
  Router<> takes;
  takes.layer(login<User>(store)).layer(Csrf());
  takes.post<"/">([](LoggedIn<User>) { return NoContent(); }).summary("Theirs");
  CHECK(joined(lint_of(takes)) == "");
  Router<> asks;
  asks.layer(auth::bearer_auth([](auth::BearerToken) -> Result<User, auth::Denied> { return User{"a"}; }));
  asks.post<"/">([] { return NoContent(); }).summary("Theirs");
  CHECK(joined(lint_of(asks)) == "");
}

TEST_CASE("routing: who may be unknown to the handler, or is refused by it, is not asked for") {
  Router<> app;
  app.layer(login<User>(std::make_shared<store::MemoryStore>())).layer(Csrf());
  app.post<"/maybe">([](std::optional<LoggedIn<User>>) { return NoContent(); }).summary("Anybody's");
  app.post<"/judged">([](Result<LoggedIn<User>, Rejection>) { return NoContent(); }).summary("Anybody's");
  app.post<"/login">([](Login<User> login) -> Result<NoContent, Refused> {
       login.log_in({"ann"});
       return NoContent();
     })
      .summary("Logs in");
  app.post<"/depends">([](Depends<name_of>) { return NoContent(); }).summary("Theirs");
  const auto sentences = lint_of(app);
  CAPTURE(joined(sentences));
  REQUIRE(sentences.size() == 3);
  for (const std::string& one : sentences) CHECK(one.ends_with(kNobodyAsks));
  CHECK_FALSE(tells(sentences, "/depends"));

  const auto built = app.build();
  for (const schema::Operation& operation : (*built)->operations()) {
    CAPTURE(operation.path);
    REQUIRE(operation.security.size() == 1);
    CHECK(operation.optional_security == (operation.path != "/depends"));
  }
}

TEST_CASE("routing: a change that a cookie lets in is told where no Csrf stands around it") {
  const auto store = std::make_shared<store::MemoryStore>();
  Router<> app;
  app.layer(login<User>(store));
  app.get<"/">([](LoggedIn<User>) { return "a"; }).summary("Reads");
  app.post<"/open">([](LoggedIn<User>) { return NoContent(); }).summary("Changes");
  app.post<"/safe">([](LoggedIn<User>) { return NoContent(); }).summary("Changes").layer(Csrf());
  const auto sentences = lint_of(app);
  REQUIRE(sentences.size() == 1);
  CHECK(sentences[0].starts_with("POST /open at "));
  CHECK(tells(sentences, kCookie));
}

TEST_CASE("routing: streams that nothing ends are told") {
  Router<> app;
  app.get<"/endless">([] { return ticks(); }).summary("Ticks");
  app.get<"/aware">([](CancellationToken) { return ticks(); }).summary("Ticks");
  app.get<"/timed">([](std::optional<Deadline>) { return ticks(); }).summary("Ticks");
  app.layer(Guard());
  app.post<"/upload">([](BodyStream) { return "a"; }).summary("Takes");
  app.post<"/asked">([](BodyStream) { return "a"; }).summary("Takes").layer(Deadlines());
  app.post<"/bound">([](BodyStream) { return "a"; }).summary("Takes").layer(middleware::HandlerTimeout());
  app.post<"/form">([](Multipart) { return "a"; }).summary("Takes");
  const auto sentences = lint_of(app);
  CAPTURE(joined(sentences));
  CHECK(sentences.size() == 3);
  CHECK(tells(sentences, "GET /endless at "));
  CHECK(tells(sentences, "answers with a stream, which no time limit ends"));
  CHECK(tells(sentences, "POST /upload at "));
  CHECK(tells(sentences, "POST /asked at "));
  CHECK(tells(sentences, "takes a body as it comes, for as long as it comes"));
}

TEST_CASE("routing: a route behind one that asks for less is never reached") {
  Router<> app;
  const auto answer = [] { return "a"; };
  const auto early = [](const Request& request) { return request.query() == "early"; };
  app.get<"/a">(answer).when(header("x-version", "2")).summary("First");
  app.get<"/a">(answer).when(header("x-version", "3")).summary("Another");
  app.get<"/a">(answer).summary("The rest");
  app.get<"/twice">(answer).when(header("x-version", "2")).summary("First");
  app.get<"/twice">(answer).when(header("x-version", "2")).produces("text/plain").summary("Never");
  app.get<"/more">(answer).when(header("x-version", "2")).produces("text/plain").summary("First");
  app.get<"/more">(answer).when(header("x-version", "2")).summary("Where there is no text");
  app.get<"/unknown">(answer).when(early).summary("First");
  app.get<"/unknown">(answer).when(early).summary("Who knows");
  const auto sentences = lint_of(app);
  CAPTURE(joined(sentences));
  REQUIRE(sentences.size() == 1);
  CHECK(sentences[0].starts_with("GET /twice at "));
  CHECK(tells(sentences, "is never reached: what it asks for passes the route at "));
}

TEST_CASE("routing: a layer's own remarks are told once, with its place") {
  Router<> app;
  app.layer(Boasting());
  app.get<"/a">([] { return "a"; }).summary("A");
  app.get<"/b">([] { return "b"; }).summary("B");
  const auto sentences = lint_of(app);
  REQUIRE(sentences.size() == 2);
  CHECK(sentences[0].starts_with("Boasting at "));
  CHECK(sentences[0].find("lint_test.cpp:") != std::string::npos);
  CHECK(sentences[0].ends_with(" is the best"));
  CHECK(sentences[1].ends_with(" and knows it"));
}

TEST_CASE("routing: layers that let in or wait too much say so") {
  struct Case {
    middleware::CorsOptions options;
    std::string_view remark;  // empty: none
  };
  const Case cases[] = {
      {{.allow_origin = {"https://app.example.org"}, .allow_credentials = true}, ""},
      {{.allow_origin = Any()}, "Cors at "},
      {{.allow_origin = Any()}, "lets pages of every origin read the answers"},
      {{.allow_origin = Any(), .allow_private_network = true}, "lets pages of every origin into a private network"},
      {{.allow_origin = {"http://app.example.org"}}, ""},
      {{.allow_origin = {"http://app.example.org"}, .allow_credentials = true},
       "lets http://app.example.org in with credentials"},
      {{.allow_origin = {"http://localhost:3000"}, .allow_credentials = true}, ""},
  };
  for (const Case& row : cases) {
    Router<> app;
    app.layer(Cors(row.options));
    app.get<"/a">([] { return "a"; }).summary("A");
    const std::string all = joined(lint_of(app));
    CAPTURE(row.remark);
    CHECK(all.empty() == row.remark.empty());
    CHECK(all.find(row.remark) != std::string::npos);
  }
  for (const auto& [limit, remark] : {std::pair{base::Duration(2min), ""}, std::pair{base::Duration(), "ends every"}}) {
    Router<> app;
    app.get<"/a">([] { return "a"; }).summary("A").layer(middleware::HandlerTimeout{limit});
    const std::string all = joined(lint_of(app));
    CHECK(all.empty() == std::string_view(remark).empty());
    CHECK(all.find(remark) != std::string::npos);
  }
}
