#include <string>

#include <doctest/doctest.h>

#include "blog.h"

using namespace conduit;
using namespace conduit::test;

TEST_CASE("conduit: a user registers, logs in and is told who it is, each time with a token that works") {
  on_each_blog([](Blog& blog) {
    const Answer made = blog.post(
        "/api/users", R"({"user":{"username":"Jacob","email":"Jake@Jake.jake","password":"jakejake","extra":1}})");
    CHECK(made.status == 201);
    CHECK(made.field("content-type") == "application/json; charset=utf-8");
    CHECK(made.body.find(R"("bio":null)") != std::string::npos);
    CHECK(made.body.find(R"("image":null)") != std::string::npos);
    const User user = made.json<UserBody>().user;
    CHECK(user.email == "jake@jake.jake");
    CHECK(user.username == "Jacob");

    const Answer in = blog.post("/api/users/login", R"({"user":{"email":"JAKE@jake.jake","password":"jakejake"}})");
    CHECK(in.status == 200);
    CHECK(in.json<UserBody>().user.username == "Jacob");
    for (const std::string& token : {user.token, in.json<UserBody>().user.token}) {
      const Answer shown = blog.get("/api/user", token);
      CHECK(shown.status == 200);
      CHECK(shown.json<UserBody>().user.email == "jake@jake.jake");
      CHECK(blog.get("/api/user", shown.json<UserBody>().user.token).status == 200);
    }
  });
}

TEST_CASE("conduit: what is no user is refused with a sentence for each thing that is wrong") {
  const std::string long_name(65, 'x');
  struct Case {
    std::string body;
    std::string sentence;
  };
  const std::vector<Case> cases{
      {R"({"user":{"username":"","email":"a@b.c","password":"password"}})", "username can't be blank"},
      {R"({"user":{"username":"  ","email":"a@b.c","password":"password"}})", "username can't be blank"},
      {R"({"user":{"email":"a@b.c","password":"password"}})", "username can't be blank"},
      {R"({"user":{"username":")" + long_name + R"(","email":"a@b.c","password":"password"}})",
       "username is too long (at most 64 bytes)"},
      {R"({"user":{"username":"a\u0000b","email":"a@b.c","password":"password"}})",
       "username can't hold a NUL character"},
      {R"({"user":{"username":"a","email":"","password":"password"}})", "email can't be blank"},
      {R"({"user":{"username":"a","email":"nobody","password":"password"}})", "email is invalid"},
      {R"({"user":{"username":"a","email":"@b","password":"password"}})", "email is invalid"},
      {R"({"user":{"username":"a","email":"a@b@c","password":"password"}})", "email is invalid"},
      {R"({"user":{"username":"a","email":"a b@c","password":"password"}})", "email is invalid"},
      {R"({"user":{"username":"a","email":"a@b.c","password":""}})", "password can't be blank"},
      {R"({"user":{"username":"a","email":"a@b.c","password":"1234567"}})", "password is too short (at least 8 bytes)"},
      {R"({"user":{"username":"a","email":"a@b.c"}})", "password can't be blank"},
      {R"({"user":{"username":null,"email":"a@b.c","password":"password"}})", ""},
      {R"({"user":{"username":7,"email":"a@b.c","password":"password"}})", ""},
      {R"({"user":"x"})", ""},
      {R"({})", "user can't be blank"},
      {R"([])", ""},
      {R"({"user":)", ""},
      {R"({"user":{"username":"ann","email":"new@example.org","password":"password"}})",
       "username has already been taken"},
      {R"({"user":{"username":"new","email":"ANN@example.org","password":"password"}})",
       "email has already been taken"},
  };
  on_each_blog([&](Blog& blog) {
    blog.sign_up("ann");
    for (const Case& row : cases) {
      CAPTURE(row.body);
      check_error(blog.post("/api/users", row.body), 422, row.sentence);
    }
    // Names are compared as they are written.
    CHECK(blog.post("/api/users", R"({"user":{"username":"ANN","email":"b@b.c","password":"password"}})").status ==
          201);
    const Answer both =
        blog.post("/api/users", R"({"user":{"username":"ann","email":"ann@example.org","password":"password"}})");
    check_error(both, 422, "email has already been taken");
    CHECK(both.body.find("username has already been taken") != std::string::npos);
  });
}

TEST_CASE("conduit: a login says neither whether it is the email or the password that is wrong") {
  on_each_blog([](Blog& blog) {
    blog.sign_up("ann");
    for (const char* body : {R"({"user":{"email":"ann@example.org","password":"passwort"}})",
                             R"({"user":{"email":"bob@example.org","password":"password"}})",
                             R"({"user":{"email":"ann","password":"password"}})"}) {
      CAPTURE(body);
      check_error(blog.post("/api/users/login", body), 401, "email or password is invalid");
    }
    check_error(blog.post("/api/users/login", R"({"user":{"email":"","password":"password"}})"), 422,
                "email can't be blank");
    check_error(blog.post("/api/users/login", R"({"user":{"email":"ann@example.org","password":""}})"), 422,
                "password can't be blank");
    check_error(blog.post("/api/users/login", R"({"user":{"email":"ann@example.org"}})"), 422,
                "password can't be blank");
  });
}

TEST_CASE("conduit: above so many tries a minute for one email a login is refused, and says for how long") {
  const auto blog = blog_on("sqlite::memory:", 3);
  blog->sign_up("ann");
  const std::string wrong = R"({"user":{"email":"ann@example.org","password":"wrongwrong"}})";
  for (int i = 0; i < 3; ++i) check_error(blog->post("/api/users/login", wrong), 401);
  const Answer refused =
      blog->post("/api/users/login", R"({"user":{"email":"ann@example.org","password":"password"}})");
  check_error(refused, 429);
  CHECK(refused.field("retry-after") == "60");
  check_error(blog->post("/api/users/login", R"({"user":{"email":"bob@example.org","password":"password"}})"), 401);
}

TEST_CASE("conduit: a user changes what it likes, and clears bio and image by null or an empty text") {
  on_each_blog([](Blog& blog) {
    const std::string token = blog.sign_up("ann");
    blog.sign_up("bob");
    const Answer changed = blog.put("/api/user",
                                    R"({"user":{"email":"Ann@New.org","username":"Anna","password":"other-password",)"
                                    R"("bio":"I write","image":"https://a.example/i.png","unknown":true}})",
                                    token);
    CHECK(changed.status == 200);
    const User user = changed.json<UserBody>().user;
    CHECK(user.email == "ann@new.org");
    CHECK(user.username == "Anna");
    CHECK(*user.bio == "I write");
    CHECK(*user.image == "https://a.example/i.png");
    CHECK(blog.post("/api/users/login", R"({"user":{"email":"ann@new.org","password":"other-password"}})").status ==
          200);
    CHECK(blog.post("/api/users/login", R"({"user":{"email":"ann@new.org","password":"password"}})").status == 401);

    CHECK(*blog.put("/api/user", R"({"user":{"image":null}})", token).json<UserBody>().user.bio == "I write");
    CHECK(blog.get("/api/user", token).json<UserBody>().user.image.is_null());
    CHECK(blog.put("/api/user", R"({"user":{"bio":""}})", token).json<UserBody>().user.bio.is_null());
    CHECK(blog.put("/api/user", R"({"user":{"username":"Anna"}})", token).status == 200);  // its own is not taken

    struct Case {
      const char* body;
      const char* sentence;
    };
    for (const Case& row : {Case{R"({"user":{}})", "user must have something to change"},
                            Case{R"({"user":{"unknown":1}})", "user must have something to change"},
                            Case{R"({"user":{"email":""}})", "email can't be blank"},
                            Case{R"({"user":{"email":null}})", "email can't be blank"},
                            Case{R"({"user":{"username":null}})", "username can't be blank"},
                            Case{R"({"user":{"password":"short"}})", "password is too short (at least 8 bytes)"},
                            Case{R"({"user":{"email":"bob@example.org"}})", "email has already been taken"},
                            Case{R"({"user":{"username":"bob"}})", "username has already been taken"}}) {
      CAPTURE(row.body);
      check_error(blog.put("/api/user", row.body, token), 422, row.sentence);
    }
  });
}
