#include <string>

#include <doctest/doctest.h>

#include "blog.h"

using namespace conduit;
using namespace conduit::test;

TEST_CASE("conduit: comments are listed oldest first, and deleted by who wrote them") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    const std::string bob = blog.sign_up("bob");
    const std::string path = "/api/articles/" + blog.publish(ann, "Discussed") + "/comments";
    const std::string other = "/api/articles/" + blog.publish(ann, "Other") + "/comments";
    CHECK(blog.get(path).body == R"({"comments":[]})");
    const Answer made = blog.post(path, R"({"comment":{"body":"His name was my name too."}})", bob);
    CHECK(made.status == 200);
    const Comment first = made.json<CommentBody>().comment;
    CHECK(first.body == "His name was my name too.");
    CHECK(first.author.username == "bob");
    const Comment second = blog.post(path, R"({"comment":{"body":"Thanks"}})", ann).json<CommentBody>().comment;
    CHECK(second.id != first.id);
    blog.post("/api/profiles/bob/follow", "", ann);

    const auto all = blog.get(path, ann).json<CommentsBody>().comments;
    REQUIRE(all.size() == 2);
    CHECK(all[0].id == first.id);
    CHECK(all[0].author.following);
    CHECK(all[0].created_at.milliseconds == first.created_at.milliseconds);
    CHECK(all[1].id == second.id);
    CHECK_FALSE(blog.get(path).json<CommentsBody>().comments[0].author.following);

    const std::string id = std::to_string(first.id);
    check_error(blog.del(path + "/" + id, ann), 403, "comment is not yours");
    check_error(blog.del(other + "/" + id, bob), 404, "comment not found");
    for (const char* none : {"/999999", "/x", "/1x", "/-1", "/99999999999999999999"}) {
      CAPTURE(none);
      check_error(blog.del(path + none, bob), 404, "comment not found");
    }
    const Answer gone = blog.del(path + "/" + id, bob);
    CHECK(gone.status == 204);
    CHECK(gone.body.empty());
    check_error(blog.del(path + "/" + id, bob), 404, "comment not found");
    CHECK(blog.get(path).json<CommentsBody>().comments.size() == 1);

    for (const char* body : {R"({"comment":{"body":""}})", R"({"comment":{}})"}) {
      check_error(blog.post(path, body, ann), 422, "body can't be blank");
    }
    check_error(blog.post(path, R"({})", ann), 422, "comment can't be blank");
  });
}
