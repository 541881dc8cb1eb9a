// A blog under test: the routes of the service over one database, asked in whichever way.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/json/json.h>
#include <rondeau/observe/metrics.h>

#include "app.h"

namespace conduit::test {

using rondeau::Method;

struct Answer {
  unsigned status = 0;
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> fields = {};

  /// "" where there is none.
  std::string field(std::string_view name) const;
  template <class T>
  T json() const {
    auto value = rondeau::json::parse<T>(body);
    INFO(body);
    REQUIRE(value.has_value());
    return *std::move(value);
  }
};

/// What is asked: `{.method = Method::Put, .target = "/api/user", .body = …, .token = …}`.
struct Question {
  Method method = Method::Get;
  std::string target;
  std::string body = {};   ///< with the type below, where it is not empty
  std::string token = {};  ///< empty: none
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> fields = {};
};

struct Parts {
  App app;
  std::shared_ptr<FeedCache> cache;
  rondeau::sync::Receiver<FeedEvent> events;
  std::shared_ptr<rondeau::observe::Registry> metrics;
};
/// What the service shares, over that database; hashes are cheap, logins as many as one likes unless said otherwise.
Parts parts_of(sql::Database database, std::uint32_t logins_per_minute = 1000);

class Blog {
 public:
  virtual ~Blog() = default;
  virtual Answer ask(const Question& question) = 0;
  /// Runs statements beside the service.
  virtual void execute(std::function<rondeau::Task<void>(sql::Database)> work) = 0;

  Answer get(std::string target, std::string token = {}) {
    return ask({.target = std::move(target), .token = std::move(token)});
  }
  Answer post(std::string target, std::string body = {}, std::string token = {}) {
    return ask(
        {.method = Method::Post, .target = std::move(target), .body = std::move(body), .token = std::move(token)});
  }
  Answer put(std::string target, std::string body, std::string token = {}) {
    return ask(
        {.method = Method::Put, .target = std::move(target), .body = std::move(body), .token = std::move(token)});
  }
  Answer del(std::string target, std::string token = {}) {
    return ask({.method = Method::Delete, .target = std::move(target), .token = std::move(token)});
  }

  /// A new user, NAME and NAME@example.org, with the password "password"; gives the token.
  std::string sign_up(const std::string& name);
  /// A new article, of which it gives the slug.
  std::string publish(const std::string& token, const std::string& title, const std::string& tags = "[]");
};

/// On a runtime with threads and a true clock, since hashes have a pool of their own, for which a paused clock does not
/// wait; with the task that keeps feeds true.
std::unique_ptr<Blog> blog_on(std::string database_url, std::uint32_t logins_per_minute = 1000);
/// Runs the body on SQLite in memory, on SQLite in a file and, where its server is installed, on PostgreSQL.
void on_each_blog(const std::function<void(Blog& blog)>& body);

/// Whether it is that status in the Error shape, with a sentence; and no other format.
void check_error(const Answer& answer, unsigned status, std::string_view sentence = {});

}  // namespace conduit::test
