#include <string>

#include <doctest/doctest.h>

#include "blog.h"

using namespace conduit;
using namespace conduit::test;

TEST_CASE("conduit: a profile is the caller's view, and following is idempotent") {
  on_each_blog([](Blog& blog) {
    const std::string ann = blog.sign_up("ann");
    const std::string bob = blog.sign_up("bob");
    const Answer anonymous = blog.get("/api/profiles/bob");
    CHECK(anonymous.status == 200);
    CHECK(anonymous.body == R"({"profile":{"username":"bob","bio":null,"image":null,"following":false}})");
    for (int i = 0; i < 2; ++i) {
      // A body is ignored, whatever it is.
      const Answer followed = blog.ask({.method = Method::Post,
                                        .target = "/api/profiles/bob/follow",
                                        .body = "not json",
                                        .token = ann,
                                        .type = "text/plain"});
      CHECK(followed.status == 200);
      CHECK(followed.json<ProfileBody>().profile.following);
    }
    CHECK(blog.get("/api/profiles/bob", ann).json<ProfileBody>().profile.following);
    CHECK_FALSE(blog.get("/api/profiles/bob").json<ProfileBody>().profile.following);
    CHECK_FALSE(blog.get("/api/profiles/ann", bob).json<ProfileBody>().profile.following);
    for (int i = 0; i < 2; ++i) {
      const Answer left = blog.del("/api/profiles/bob/follow", ann);
      CHECK(left.status == 200);
      CHECK_FALSE(left.json<ProfileBody>().profile.following);
    }
    CHECK_FALSE(blog.get("/api/profiles/bob", ann).json<ProfileBody>().profile.following);
    CHECK(blog.get("/api/profiles/%62ob").status == 200);
  });
}
