#include <rondeau/extract/multipart_form.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "support/dispatch.h"
#include "support/temporary_directory.h"

using namespace rondeau;
using support::Asked;
using support::body;
using support::status;

namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=b";

struct NewPicture {
  NonEmpty title;
  int year = 2000;
  std::vector<std::string> tags;
  UploadFile image;
  std::optional<UploadFile> icon;
  std::vector<UploadFile> details;
};

Task<Result<std::string, Error>> tell(MultipartForm<NewPicture> form) {
  RONDEAU_TRY(const Bytes image, co_await form->image.read_all(1024));
  std::string text = std::string(*form->title) + " " + std::to_string(form->year);
  for (const std::string& tag : form->tags) text += " #" + tag;
  text += " " + form->image.filename() + "(" + form->image.content_type() + ")=" + std::string(image.view());
  if (form->icon) text += " icon " + form->icon->filename();
  for (const UploadFile& detail : form->details) text += " " + detail.filename();
  co_return text;
}

std::string text_part(std::string_view name, std::string_view content) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" + std::string(content) +
         "\r\n";
}
std::string file_part(std::string_view name, std::string_view filename, std::string_view content) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"; filename=\"" +
         std::string(filename) + "\"\r\nContent-Type: image/png\r\n\r\n" + std::string(content) + "\r\n";
}

Response send(const Router<>& router, const std::string& parts) {
  return Asked(router).post("/", {{"content-type", kType}}, parts + "--b--\r\n");
}

Router<> telling() {
  Router<> router;
  router.post<"/">(tell);
  return router;
}

}  // namespace

TEST_CASE("extract: the parts of a form become members, files and texts") {
  const std::string minimum = text_part("title", "Cat & mouse=+%") + file_part("image", "a/b/cat.png", "PNG");
  CHECK(body(send(telling(), minimum)) == "Cat & mouse=+% 2000 cat.png(image/png)=PNG");
  CHECK(body(send(telling(), text_part("tags", "x") + minimum + text_part("year", "1999") + text_part("tags", "y") +
                                 file_part("details", "1.png", "1") + file_part("details", "2.png", "2") +
                                 file_part("icon", "i.ico", "") + file_part("other", "o", "o") +
                                 text_part("what", "?"))) ==
        "Cat & mouse=+% 1999 #x #y cat.png(image/png)=PNG icon i.ico 1.png 2.png");
}

TEST_CASE("extract: a file nobody chose is none") {
  const std::string minimum = text_part("title", "t") + file_part("image", "i", "x");
  const std::string answer = body(send(telling(), minimum + file_part("icon", "", "") + file_part("details", "", "")));
  CHECK(answer == "t 2000 i(image/png)=x");
  const Response missing = send(telling(), text_part("title", "t") + file_part("image", "", ""));
  CHECK(status(missing) == 422);
  CHECK(body(missing).find("\"/image\"") != std::string::npos);
}

TEST_CASE("extract: all that does not fit a form is told at once") {
  const Response answer = send(telling(), text_part("title", "") + text_part("year", "soon") +
                                              text_part("image", "text") + file_part("tags", "f", "x"));
  CHECK(status(answer) == 422);
  for (const char* pointer : {"\"/title\"", "\"/year\"", "\"/image\"", "\"/tags\""}) {
    CHECK_MESSAGE(body(answer).find(pointer) != std::string::npos, pointer);
  }
}

TEST_CASE("extract: a single member given twice is refused with 400") {
  const std::string minimum = text_part("title", "t") + file_part("image", "i", "x");
  CHECK(status(send(telling(), minimum + file_part("image", "j", "y"))) == 400);
  CHECK(status(send(telling(), minimum + text_part("title", "u"))) == 400);
}

TEST_CASE("extract: a form keeps no more files than it may") {
  std::string most = text_part("title", "t") + file_part("image", "i", "x");
  for (int i = 0; i < 15; ++i) most += file_part("details", "d", "y");
  CHECK(status(send(telling(), most)) == 200);
  CHECK(status(send(telling(), most + file_part("details", "", ""))) == 200);
  CHECK(status(send(telling(), most + file_part("details", "d", ""))) == 413);
  CHECK(status(send(telling(), most + file_part("details", "", "y"))) == 413);
  CHECK(status(send(telling(), most + file_part("other", "o", "dropped"))) == 200);
}

TEST_CASE("extract: a form that is none is refused as Multipart refuses it") {
  Asked app(telling());
  CHECK(status(app.post("/", {{"content-type", "application/json"}}, "{}")) == 415);
  CHECK(status(app.post("/", {{"content-type", "multipart/form-data"}}, "x")) == 400);
  CHECK(status(app.post("/", {{"content-type", kType}}, text_part("title", "t"))) == 400);
}

TEST_CASE("extract: a large file goes to a file without a name, and is read from there") {
  const support::TemporaryDirectory folder;
  REQUIRE(::setenv("TMPDIR", folder.path().c_str(), 1) == 0);
  std::string content;
  for (int i = 0; content.size() < 300'000; ++i) content += std::to_string(i) + ",";
  struct Form {
    UploadFile small;
    UploadFile large;
  };
  Router<> router;
  const std::string saved = (folder.path() / "saved").string();
  router.post<"/">([&content, saved](MultipartForm<Form> form) -> Task<Result<std::string, Error>> {
    CHECK(form->small.in_memory());
    CHECK_FALSE(form->large.in_memory());
    CHECK(form->large.size() == content.size());
    RONDEAU_TRY(const Bytes all, co_await form->large.read_all(content.size()));
    CHECK(all.view() == content);
    RONDEAU_TRY(const Bytes middle, co_await form->large.read_at(100'000, 10));
    CHECK(middle.view() == content.substr(100'000, 10));
    RONDEAU_TRY(const Bytes end, co_await form->large.read_at(content.size() - 3, 10));
    CHECK(end.view() == content.substr(content.size() - 3));
    RONDEAU_TRY(const Bytes behind, co_await form->large.read_at(content.size(), 10));
    CHECK(behind.empty());
    CHECK((co_await form->large.read_all(content.size() - 1)).error() == Errc::TooLarge);
    RONDEAU_TRY_VOID(co_await form->large.save_as(saved));
    CHECK((co_await form->large.save_as(saved)).error() == Errc::AlreadyExists);
    co_return std::string("good");
  });
  CHECK(body(send(router, file_part("small", "s", std::string(64 * 1024, 's')) + file_part("large", "l", content))) ==
        "good");
  std::ifstream file(saved);
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == content);
  // Nothing but what was saved: the rest had no name.
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  ::unsetenv("TMPDIR");
}

TEST_CASE("extract: where the temporary file cannot be made, the answer is a 500") {
  REQUIRE(::setenv("TMPDIR", "/nowhere/at/all", 1) == 0);
  struct Form {
    UploadFile file;
  };
  Router<> router;
  router.post<"/">([](MultipartForm<Form>) { return "in"; });
  CHECK(status(send(router, file_part("file", "f", std::string(100'000, 'x')))) == 500);
  CHECK(status(send(router, file_part("file", "f", "small"))) == 200);
  ::unsetenv("TMPDIR");
}

TEST_CASE("extract: the texts of a form are bounded, one by one and in all") {
  struct Form {
    std::vector<std::string> text;
  };
  Router<> router;
  router.post<"/">([](MultipartForm<Form> form) { return std::to_string(form->text.size()); });
  CHECK(body(send(router, text_part("text", std::string(64 * 1024, 'x')))) == "1");
  CHECK(status(send(router, text_part("text", std::string(64 * 1024 + 1, 'x')))) == 413);
  std::string many;
  for (int i = 0; i < 33; ++i) many += text_part("text", std::string(64 * 1024, 'x'));
  CHECK(status(send(router, many)) == 413);
}
