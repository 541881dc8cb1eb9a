#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "blog.h"

using namespace conduit;
using namespace conduit::test;

namespace {

std::vector<std::string> titles(const Answer& answer) {
  CHECK(answer.status == 200);
  std::vector<std::string> all;
  for (const ArticleEntry& entry : answer.json<ArticlesBody>().articles) all.push_back(entry.title);
  return all;
}

using Titles = std::vector<std::string>;

}  // namespace

TEST_CASE("conduit: lists are newest first, filters combine, and unknown names give an empty list") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    const std::string bob = blog.sign_up("bob");
    CHECK(blog.get("/api/articles").body == R"({"articles":[],"articlesCount":0})");
    blog.publish(ann, "one", R"(["x","y"])");
    blog.publish(ann, "two", R"(["y","a,b"])");
    blog.publish(bob, "three", R"(["x"])");
    blog.post("/api/articles/two/favorite", "", bob);

    CHECK(titles(blog.get("/api/articles")) == Titles{"three", "two", "one"});
    CHECK(titles(blog.get("/api/articles?tag=x")) == Titles{"three", "one"});
    CHECK(titles(blog.get("/api/articles?tag=a,b")) == Titles{"two"});
    CHECK(titles(blog.get("/api/articles?author=ann")) == Titles{"two", "one"});
    CHECK(titles(blog.get("/api/articles?favorited=bob")) == Titles{"two"});
    CHECK(titles(blog.get("/api/articles?tag=x&author=ann")) == Titles{"one"});
    CHECK(titles(blog.get("/api/articles?tag=x&author=ann&favorited=bob")).empty());
    for (const char* unknown : {"tag=z", "author=nobody", "favorited=nobody"}) {
      CHECK(blog.get("/api/articles?" + std::string(unknown)).body == R"({"articles":[],"articlesCount":0})");
    }

    const Answer page = blog.get("/api/articles?limit=1&offset=1", bob);
    CHECK(page.body.find(R"("body")") == std::string::npos);
    const ArticlesBody body = page.json<ArticlesBody>();
    CHECK(body.articles_count == 3);
    REQUIRE(body.articles.size() == 1);
    CHECK(body.articles[0].title == "two");
    CHECK(body.articles[0].favorited);
    CHECK(body.articles[0].favorites_count == 1);
    CHECK(body.articles[0].tag_list == Titles{"a,b", "y"});
    CHECK(body.articles[0].author.username == "ann");
    CHECK(titles(blog.get("/api/articles?offset=3")).empty());
    CHECK(blog.get("/api/articles?offset=3").json<ArticlesBody>().articles_count == 3);
    CHECK(titles(blog.get("/api/articles?limit=9223372036854775807&unknown=1")).size() == 3);
    CHECK(blog.get("/api/tags").body == R"({"tags":["a,b","x","y"]})");
  });
}

TEST_CASE("conduit: a page has 20 articles unless told otherwise, and never more than 100") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    for (int i = 0; i < 101; ++i) blog.publish(ann, "n" + std::to_string(i));
    CHECK(titles(blog.get("/api/articles")).size() == 20);
    CHECK(titles(blog.get("/api/articles?limit=101")).size() == 100);
    CHECK(titles(blog.get("/api/articles?limit=21")).front() == "n100");
    CHECK(titles(blog.get("/api/articles?offset=100")) == Titles{"n0"});
  });
}

TEST_CASE("conduit: a limit below 1, an offset below 0 and what is no number are refused") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    for (const std::string list : {"/api/articles", "/api/articles/feed"}) {
      check_error(blog.get(list + "?limit=0", ann), 422, "limit must be at least 1");
      check_error(blog.get(list + "?offset=-1", ann), 422, "offset must be at least 0");
      for (const char* query : {"limit=-5", "limit=x", "limit=", "limit=1.5", "offset=x", "limit=1&limit=2",
                                "offset=99999999999999999999"}) {
        CAPTURE(query);
        check_error(blog.get(list + "?" + query, ann), 422);
      }
    }
    const Answer both = blog.get("/api/articles?limit=0&offset=-1", ann);
    CHECK(both.body == R"({"errors":{"body":["limit must be at least 1","offset must be at least 0"]}})");
  });
}

TEST_CASE("conduit: a feed shows the articles of who is followed, at once after each change") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    const std::string bob = blog.sign_up("bob");
    const std::string eve = blog.sign_up("eve");
    blog.publish(bob, "of bob");
    blog.publish(eve, "of eve");
    CHECK(titles(blog.get("/api/articles/feed", ann)).empty());
    blog.post("/api/profiles/bob/follow", "", ann);
    CHECK(titles(blog.get("/api/articles/feed", ann)) == Titles{"of bob"});
    CHECK(blog.get("/api/articles/feed", ann).json<ArticlesBody>().articles[0].author.following);
    blog.publish(bob, "more of bob");
    CHECK(titles(blog.get("/api/articles/feed", ann)) == Titles{"more of bob", "of bob"});
    blog.post("/api/articles/of-bob/favorite", "", eve);
    CHECK(blog.get("/api/articles/feed", ann).json<ArticlesBody>().articles[1].favorites_count == 1);
    blog.put("/api/user", R"({"user":{"image":"i"}})", bob);
    CHECK(*blog.get("/api/articles/feed", ann).json<ArticlesBody>().articles[0].author.image == "i");
    blog.del("/api/articles/of-bob", bob);
    CHECK(titles(blog.get("/api/articles/feed", ann)) == Titles{"more of bob"});
    const ArticlesBody second = blog.get("/api/articles/feed?offset=1", ann).json<ArticlesBody>();
    CHECK(second.articles.empty());
    CHECK(second.articles_count == 1);
    blog.del("/api/profiles/bob/follow", ann);
    CHECK(titles(blog.get("/api/articles/feed", ann)).empty());
  });
}
