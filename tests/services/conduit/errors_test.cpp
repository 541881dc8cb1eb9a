// Every way to be refused has the Error shape, whoever it is that refuses.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/text/base64.h>

#include "blog.h"

using namespace conduit;
using namespace conduit::test;

namespace {

struct Endpoint {
  Method method;
  std::string target;
  std::string body;
};

const std::vector<Endpoint> kNeedToken{
    {Method::Get, "/api/user", ""},
    {Method::Put, "/api/user", R"({"user":{"bio":"x"}})"},
    {Method::Post, "/api/profiles/ann/follow", ""},
    {Method::Delete, "/api/profiles/ann/follow", ""},
    {Method::Get, "/api/articles/feed", ""},
    {Method::Post, "/api/articles", R"({"article":{"title":"t","description":"d","body":"b"}})"},
    {Method::Put, "/api/articles/x", R"({"article":{"body":"b"}})"},
    {Method::Delete, "/api/articles/x", ""},
    {Method::Post, "/api/articles/x/comments", R"({"comment":{"body":"b"}})"},
    {Method::Delete, "/api/articles/x/comments/1", ""},
    {Method::Post, "/api/articles/x/favorite", ""},
    {Method::Delete, "/api/articles/x/favorite", ""},
};
const std::vector<Endpoint> kMayHaveToken{
    {Method::Get, "/api/profiles/ann", ""},
    {Method::Get, "/api/articles", ""},
    {Method::Get, "/api/articles/x", ""},
    {Method::Get, "/api/articles/x/comments", ""},
};

/// Of `token`, with another algorithm in its head.
std::string with_algorithm(const std::string& token, const std::string& name) {
  std::string head = rondeau::text::base64_encode(R"({"alg":")" + name + R"(","typ":"JWT"})");
  while (head.ends_with('=')) head.pop_back();
  return head + token.substr(token.find('.'));
}

Answer ask(Blog& blog, const Endpoint& endpoint, const std::string& authorization) {
  Question question{.method = endpoint.method, .target = endpoint.target, .body = endpoint.body};
  if (!authorization.empty()) question.fields.emplace_back("authorization", authorization);
  return blog.ask(question);
}

}  // namespace

TEST_CASE("conduit: where a token is needed, none and a bad one is 401; where it is not, a bad one is") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    blog.publish(ann, "x");
    const std::string late =
        Tokens::make("0123456789abcdef0123456789abcdef", std::chrono::seconds(-60)).value().issue(1).value();
    const std::string foreign = Tokens::make("another secret that has 32 bytes").value().issue(1).value();
    const std::string nobody = Tokens::make("0123456789abcdef0123456789abcdef").value().issue(4711).value();
    const std::vector<std::string> bad{
        "Token",
        "Token x",
        "Token a.b.c",
        "Bearer " + ann,
        "Token " + ann + "x",
        "Token " + ann.substr(0, ann.rfind('.') + 1),
        "Token " + with_algorithm(ann, "none"),
        "Token " + with_algorithm(ann, "HS512"),
        "Token " + foreign,
        "Token " + late,
        "Token " + nobody,
        "Token " + std::string(9000, 'x'),
    };
    for (const Endpoint& endpoint : kNeedToken) {
      CAPTURE(endpoint.target);
      check_error(ask(blog, endpoint, ""), 401, "token is missing");
      for (const std::string& each : bad) {
        CAPTURE(each);
        check_error(ask(blog, endpoint, each), 401);
      }
    }
    for (const Endpoint& endpoint : kMayHaveToken) {
      CAPTURE(endpoint.target);
      CHECK(ask(blog, endpoint, "").status == 200);
      CHECK(ask(blog, endpoint, "token " + ann).status == 200);
      for (const std::string& each : bad) {
        CAPTURE(each);
        check_error(ask(blog, endpoint, each), 401);
      }
    }
    // Before the body is looked at.
    check_error(blog.post("/api/articles", "no json"), 401, "token is missing");
  });
}

TEST_CASE("conduit: the token of a user who was deleted is 401") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    blog.execute([](sql::Database database) -> rondeau::Task<void> {
      static_cast<void>((co_await database.exec("delete from users")).value());
    });
    check_error(blog.get("/api/user", ann), 401, "token is of a user who does not exist");
    check_error(blog.get("/api/articles", ann), 401, "token is of a user who does not exist");
  });
}

TEST_CASE("conduit: another's article is 403, and what does not exist 404") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    const std::string bob = blog.sign_up("bob");
    blog.publish(ann, "x");
    check_error(blog.put("/api/articles/x", R"({"article":{"body":"b"}})", bob), 403, "article is not yours");
    check_error(blog.del("/api/articles/x", bob), 403, "article is not yours");
    CHECK(blog.get("/api/articles/x").status == 200);
    const std::string body = R"({"article":{"body":"b"},"comment":{"body":"b"}})";
    for (const Endpoint& each : {
             Endpoint{Method::Get, "/api/profiles/none", ""},
             Endpoint{Method::Get, "/api/profiles/ANN", ""},
             Endpoint{Method::Post, "/api/profiles/none/follow", ""},
             Endpoint{Method::Delete, "/api/profiles/none/follow", ""},
             Endpoint{Method::Get, "/api/articles/none", ""},
             Endpoint{Method::Put, "/api/articles/none", body},
             Endpoint{Method::Delete, "/api/articles/none", ""},
             Endpoint{Method::Get, "/api/articles/none/comments", ""},
             Endpoint{Method::Post, "/api/articles/none/comments", body},
             Endpoint{Method::Delete, "/api/articles/none/comments/1", ""},
             Endpoint{Method::Delete, "/api/articles/x/comments/1", ""},
             Endpoint{Method::Post, "/api/articles/none/favorite", ""},
             Endpoint{Method::Delete, "/api/articles/none/favorite", ""},
             Endpoint{Method::Get, "/api", ""},
             Endpoint{Method::Get, "/api/", ""},
             Endpoint{Method::Get, "/api/none", ""},
             Endpoint{Method::Post, "/api/users/none/at/all", "{}"},
         }) {
      CAPTURE(each.target);
      check_error(ask(blog, each, "Token " + bob), 404);
    }
  });
}

TEST_CASE("conduit: no extractor's own format leaks, nor that of routing") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    check_error(blog.ask({.method = Method::Patch, .target = "/api/user", .token = ann}), 405);
    check_error(blog.del("/api/tags"), 405);
    const std::string user = R"({"user":{"email":"a@b.c","password":"password"}})";
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"}) {
      CAPTURE(type);
      check_error(blog.ask({.method = Method::Post, .target = "/api/users/login", .body = user, .type = type}), 415);
    }
    for (const std::string& body :
         {std::string("{"), std::string("null"), std::string("\xff"), std::string("{}{}"), std::string(200, '[')}) {
      CAPTURE(body);
      check_error(blog.post("/api/users/login", body), 422);
    }
    check_error(blog.get("/api/profiles/%ff"), 422);
    check_error(blog.get("/api/articles?tag=%ff"), 422);
    // A client that would rather have a page gets the shape all the same.
    for (const char* type : {"text/html", "text/plain", "application/problem+json"}) {
      check_error(blog.ask({.target = "/api/articles/none", .fields = {{"accept", type}}}), 404);
    }
  });
}

TEST_CASE("conduit: a body above the limit is 413 in the same shape") {
  const auto blog = blog_on("sqlite::memory:");
  check_error(blog->post("/api/users/login", std::string(17 * 1024 * 1024, ' ')), 413);
}

TEST_CASE("conduit: a database that fails is a 5xx that tells nothing of it") {
  on_each_blog([](Blog& blog) {
    blog.execute([](sql::Database database) -> rondeau::Task<void> {
      static_cast<void>((co_await database.exec("alter table article_tags rename to gone")).value());
    });
    const Answer answer = blog.get("/api/tags");
    check_error(answer, 500, "internal server error");
    CHECK(answer.body.find("tag") == std::string::npos);
  });
}
