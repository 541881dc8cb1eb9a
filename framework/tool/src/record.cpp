#include "record.h"

#include <nlohmann/json.hpp>

#include "names.h"

namespace rondeau::tool {
namespace {

using Json = nlohmann::ordered_json;

std::map<std::string, std::string> texts(const Json& object) {
  std::map<std::string, std::string> result;
  for (const auto& [key, value] : object.items()) result.emplace(key, value.get<std::string>());
  return result;
}

}  // namespace

std::string text_of(const Record& record) {
  Json json;
  json["name"] = record.name;
  json["template"] = record.of;
  json["version"] = record.version;
  json["rondeau"] = record.rondeau;
  json["answers"] = record.answers;
  json["files"] = record.files;
  return json.dump(2) + "\n";
}

Outcome<Record> read_record(const fs::path& project) {
  const fs::path path = project / kRecord;
  std::error_code error;
  if (!fs::exists(path, error)) {
    return refuse("there is no " + path.lexically_normal().string() +
                  ": this is for a folder that rondeau new has written");
  }
  RONDEAU_TRY_PLAIN(const std::string text, read_file(path));
  try {
    const Json json = Json::parse(text);
    return Record{json.at("name").get<std::string>(), json.at("template").get<std::string>(),
                  json.at("version").get<int>(),      json.at("rondeau").get<std::string>(),
                  texts(json.at("answers")),          texts(json.at("files"))};
  } catch (const std::exception& wrong) {
    return fail("cannot read " + path.string() + ": " + wrong.what());
  }
}

Vocabulary vocabulary_of(const Record& record) {
  Vocabulary vocabulary;
  const auto answer = [&record](const char* question, const char* otherwise) {
    const auto found = record.answers.find(question);
    return found == record.answers.end() ? std::string(otherwise) : found->second;
  };
  vocabulary.words = {{"name", record.name},
                      {"ns", identifier_of(record.name)},
                      {"NAME", upper_of(record.name)},
                      {"port", answer("port", "8080")},
                      {"rondeau_version", record.rondeau}};
  vocabulary.answers = {{"template", record.of}};
  for (const auto& [question, text] : record.answers) vocabulary.answers.emplace(question, text);
  // With a database every template keeps items; that of http does so without one as well.
  const std::string db = answer("db", "none");
  const bool store = db != "none" || record.of == "http";
  vocabulary.answers["store"] = store ? "yes" : "no";
  vocabulary.answers["bare"] = record.of == "minimal" && !store ? "yes" : "no";
  // What one process keeps to itself, a second one would not know.
  const bool alone = db == "sqlite" || (store && db == "none") || record.of == "worker" || record.of == "websocket";
  vocabulary.answers["scales"] = alone ? "no" : "yes";
  return vocabulary;
}

}  // namespace rondeau::tool
