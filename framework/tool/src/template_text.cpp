#include "template_text.h"

#include <vector>

namespace rondeau::tool {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

class Renderer {
 public:
  Renderer(const Vocabulary& vocabulary, std::string_view where) : vocabulary_(vocabulary), where_(where) {}

  Outcome<std::string> render(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      ++line_;
      const std::size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end == std::string_view::npos ? end : end + 1);
      text.remove_prefix(line.size());
      RONDEAU_TRY_PLAIN(const bool directive, take_directive(trimmed(line)));
      if (directive || !stays()) continue;
      RONDEAU_TRY_VOID_PLAIN(append(line, out));
    }
    if (!open_.empty()) {
      line_ = open_.back().line;
      return wrong("this {{#if}} has no {{/if}}");
    }
    return out;
  }

 private:
  struct Block {
    bool stays;
    std::size_t line;
  };

  static std::string_view trimmed(std::string_view line) {
    const std::size_t begin = line.find_first_not_of(" \t\n");
    if (begin == std::string_view::npos) return {};
    return line.substr(begin, line.find_last_not_of(" \t\n") + 1 - begin);
  }

  bool stays() const {
    for (const Block& block : open_) {
      if (!block.stays) return false;
    }
    return true;
  }

  Outcome<bool> take_directive(std::string_view line) {
    constexpr std::string_view kIf = "{{#if ";
    if (line == "{{/if}}") {
      if (open_.empty()) return wrong("this {{/if}} ends nothing");
      open_.pop_back();
      return true;
    }
    if (!line.starts_with(kIf) || !line.ends_with("}}")) return false;
    const std::string_view question = line.substr(kIf.size(), line.size() - kIf.size() - 2);
    const std::size_t equals = question.find('=');
    const auto answer = vocabulary_.answers.find(question.substr(0, equals));
    if (answer == vocabulary_.answers.end()) return wrong("nobody answers \"" + std::string(question) + "\"");
    const std::string& said = answer->second;
    open_.push_back(
        {equals == std::string_view::npos ? said != "none" && said != "no" : said == question.substr(equals + 1),
         line_});
    return true;
  }

  Outcome<void> append(std::string_view line, std::string& out) {
    for (;;) {
      const std::size_t begin = line.find("{{");
      out += line.substr(0, begin);
      if (begin == std::string_view::npos) return {};
      line.remove_prefix(begin);
      const bool word = line.size() > 2 && (is_letter(line[2]) || line[2] == '#' || line[2] == '/');
      if (!word) {
        out += line.front();
        line.remove_prefix(1);
        continue;
      }
      const std::size_t end = line.find("}}");
      const std::string_view name = line.substr(2, end == std::string_view::npos ? end : end - 2);
      const auto known = vocabulary_.words.find(name);
      if (end == std::string_view::npos || known == vocabulary_.words.end()) {
        return wrong("\"{{" + std::string(trimmed(name)) + "\" is no word of templates");
      }
      out += known->second;
      line.remove_prefix(end + 2);
    }
  }

  Refusal wrong(const std::string& what) const {
    return fail(std::string(where_) + ":" + std::to_string(line_) + ": " + what);
  }

  const Vocabulary& vocabulary_;
  std::string_view where_;
  std::size_t line_ = 0;
  std::vector<Block> open_;
};

}  // namespace

Outcome<std::string> render(std::string_view text, const Vocabulary& vocabulary, std::string_view where) {
  return Renderer(vocabulary, where).render(text);
}

}  // namespace rondeau::tool
