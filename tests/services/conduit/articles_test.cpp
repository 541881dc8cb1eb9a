#include <string>

#include <doctest/doctest.h>

#include "blog.h"

using namespace conduit;
using namespace conduit::test;

namespace {

/// "2016-02-18T03:22:56.637Z", always of that length.
bool is_time(const std::string& body, const std::string& member) {
  const std::size_t at = body.find("\"" + member + "\":\"");
  if (at == std::string::npos) return false;
  const std::string text = body.substr(at + member.size() + 4, 25);
  return text[10] == 'T' && text[19] == '.' && text[23] == 'Z' && text[24] == '"';
}

}  // namespace

TEST_CASE("conduit: an article is published, shown, changed by its author, and deleted") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    const Answer made = blog.post("/api/articles",
                                  R"({"article":{"title":"How to train your dragon","description":"Ever wonder how?",)"
                                  R"("body":"You have to believe","tagList":["training","dragons","training","Z"]}})",
                                  ann);
    CHECK(made.status == 201);
    CHECK(is_time(made.body, "createdAt"));
    CHECK(is_time(made.body, "updatedAt"));
    const Article article = made.json<ArticleBody>().article;
    CHECK(article.slug == "how-to-train-your-dragon");
    CHECK(article.tag_list == std::vector<std::string>{"Z", "dragons", "training"});
    CHECK_FALSE(article.favorited);
    CHECK(article.favorites_count == 0);
    CHECK(article.author.username == "ann");

    const Answer shown = blog.get("/api/articles/how-to-train-your-dragon");
    CHECK(shown.status == 200);
    CHECK(shown.body == made.body);

    const Answer same =
        blog.put("/api/articles/how-to-train-your-dragon", R"({"article":{"body":"With your hands"}})", ann);
    CHECK(same.status == 200);
    CHECK(same.json<ArticleBody>().article.slug == article.slug);
    CHECK(same.json<ArticleBody>().article.body == "With your hands");
    CHECK(same.json<ArticleBody>().article.tag_list == article.tag_list);
    CHECK(same.json<ArticleBody>().article.created_at.milliseconds == article.created_at.milliseconds);
    CHECK(same.json<ArticleBody>().article.updated_at.milliseconds >= article.updated_at.milliseconds);

    const Answer renamed = blog.put("/api/articles/how-to-train-your-dragon",
                                    R"({"article":{"title":"Did you train it?","description":"x"}})", ann);
    CHECK(renamed.json<ArticleBody>().article.slug == "did-you-train-it");
    check_error(blog.get("/api/articles/how-to-train-your-dragon"), 404, "article not found");
    CHECK(blog.get("/api/articles/did-you-train-it").json<ArticleBody>().article.body == "With your hands");
    // Back to a title that leads to the slug it has.
    CHECK(blog.put("/api/articles/did-you-train-it", R"({"article":{"title":"Did you train it!"}})", ann)
              .json<ArticleBody>()
              .article.slug == "did-you-train-it");

    const Answer gone = blog.del("/api/articles/did-you-train-it", ann);
    CHECK(gone.status == 204);
    CHECK(gone.body.empty());
    check_error(blog.get("/api/articles/did-you-train-it"), 404, "article not found");
    CHECK(blog.get("/api/tags").body == R"({"tags":[]})");
  });
}

TEST_CASE("conduit: a slug that is taken, empty or a route of its own gets six random characters") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    CHECK(blog.publish(ann, "Twice") == "twice");
    const std::string second = blog.publish(ann, "Twice!");
    CHECK(second.size() == 12);
    CHECK(second.starts_with("twice-"));
    CHECK(blog.publish(ann, "???").size() == 7);
    const std::string feed = blog.publish(ann, "Feed");
    CHECK(feed.size() == 11);
    CHECK(blog.get("/api/articles/" + feed).status == 200);
    const Answer renamed = blog.put("/api/articles/" + feed, R"({"article":{"title":"twice"}})", ann);
    CHECK(renamed.status == 200);
    CHECK(renamed.json<ArticleBody>().article.slug.starts_with("twice-"));
  });
}

TEST_CASE("conduit: what is no article is refused with the member that is wrong") {
  struct Case {
    std::string body;
    std::string sentence;
  };
  const std::vector<Case> cases{
      {R"({"article":{"title":"","description":"d","body":"b"}})", "title can't be blank"},
      {R"({"article":{"description":"d","body":"b"}})", "title can't be blank"},
      {R"({"article":{"title":"t","description":"","body":"b"}})", "description can't be blank"},
      {R"({"article":{"title":"t","description":"d","body":" "}})", "body can't be blank"},
      {R"({"article":{"title":"t","description":"d","body":"\u0000"}})", "body can't hold a NUL character"},
      {R"({"article":{"title":"t","description":"d","body":"b","tagList":["a",""]}})", "tagList can't be blank"},
      {R"({"article":{"title":"t","description":"d","body":"b","tagList":"a"}})", ""},
      {R"({"article":{"title":")" + std::string(256, 'x') + R"(","description":"d","body":"b"}})",
       "title is too long (at most 255 bytes)"},
      {R"({"title":"t","description":"d","body":"b"})", "article can't be blank"},
      {"", ""},
  };
  on_each_blog([&](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    for (const Case& row : cases) {
      CAPTURE(row.body);
      const Answer answer = blog.post("/api/articles", row.body, ann);
      check_error(answer, row.body.empty() ? 415 : 422, row.sentence);
    }
    const std::string slug = blog.publish(ann, "x");
    for (const char* body : {R"({"article":{"title":""}})", R"({"article":{"title":null}})",
                             R"({"article":{"description":" "}})", R"({"article":{"body":null}})"}) {
      CAPTURE(body);
      check_error(blog.put("/api/articles/" + slug, body, ann), 422);
    }
    const Answer none = blog.post("/api/articles", R"({"article":{"title":"t","description":"d","body":"b"}})", ann);
    CHECK(none.body.find(R"("tagList":[])") != std::string::npos);
  });
}

TEST_CASE("conduit: favourites are counted once for each reader, and are the caller's view") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    const std::string bob = blog.sign_up("bob");
    const std::string path = "/api/articles/" + blog.publish(ann, "Liked");
    for (int i = 0; i < 2; ++i) {
      const Article liked = blog.post(path + "/favorite", "", bob).json<ArticleBody>().article;
      CHECK(liked.favorited);
      CHECK(liked.favorites_count == 1);
    }
    CHECK(blog.post(path + "/favorite", "{}", ann).json<ArticleBody>().article.favorites_count == 2);
    CHECK_FALSE(blog.get(path).json<ArticleBody>().article.favorited);
    CHECK(blog.get(path, bob).json<ArticleBody>().article.favorited);
    for (int i = 0; i < 2; ++i) {
      const Answer left = blog.del(path + "/favorite", bob);
      CHECK(left.status == 200);
      CHECK_FALSE(left.json<ArticleBody>().article.favorited);
      CHECK(left.json<ArticleBody>().article.favorites_count == 1);
    }
  });
}
