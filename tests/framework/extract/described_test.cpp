// What extractors tell documents.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/schema/operation.h>

using namespace rondeau;

namespace {

struct Link {
  std::string url;
};
struct Picture {
  std::string title;
  UploadFile image;
};

template <class T>
schema::Operation told() {
  schema::Operation operation;
  Extract<T>::describe(operation);
  return operation;
}

std::string types(const schema::Operation& operation) {
  std::string text;
  if (!operation.body) return text;
  for (const schema::Content& content : operation.body->content) text += content.type + " ";
  return text;
}

}  // namespace

TEST_CASE("extract: bodies tell their content types") {
  CHECK(types(told<MultipartForm<Picture>>()) == "multipart/form-data ");
  CHECK(types(told<Lines>()) == "text/plain ");
  CHECK(types(told<JsonLines<Link>>()) == "application/x-ndjson ");
}

TEST_CASE("extract: a typed header tells its name") {
  const schema::Operation operation = told<typed::IfMatch>();
  REQUIRE(operation.parameters.size() == 1);
  CHECK(operation.parameters[0].in == schema::In::Header);
  CHECK(operation.parameters[0].name == "if-match");
}

TEST_CASE("extract: of an Either no parameter is required") {
  const schema::Operation operation = told<Either<typed::IfMatch, typed::IfNoneMatch>>();
  REQUIRE(operation.parameters.size() == 2);
  CHECK(std::ranges::none_of(operation.parameters, &schema::Parameter::required));
}
