#include "template_set.h"

#include <cstdlib>
#include <span>
#include <system_error>

#include <rondeau/json/json.h>
#include <rondeau/reflect/nearest.h>
#include <rondeau/static_files/embedded.h>

/// The folder `templates`; made by rondeau-embed.
std::span<const rondeau::EmbeddedFile> rondeau_templates();

namespace rondeau::tool {
namespace {

constexpr std::string_view kCommon = "common/";
constexpr std::string_view kAbout = "template.json";
/// Templates of parts, for `rondeau add`.
constexpr std::string_view kParts = "parts/";

struct About {
  int version;
  std::string summary;
};

/// "dot-github/x" is ".github/x".
std::string with_dots(std::string_view path) {
  constexpr std::string_view kDot = "dot-";
  std::string out;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash == std::string_view::npos ? slash : slash + 1);
    path.remove_prefix(part.size());
    if (part.starts_with(kDot)) {
      out += '.';
      part.remove_prefix(kDot.size());
    }
    out += part;
  }
  return out;
}

}  // namespace

Outcome<TemplateSet> TemplateSet::open(const std::optional<std::string>& folder) {
  TemplateSet set;
  const char* const said = std::getenv("RONDEAU_TEMPLATES");  // NOLINT(concurrency-mt-unsafe): one thread
  const std::string path = folder ? *folder : said != nullptr ? said : "";
  if (path.empty()) {
    for (const EmbeddedFile& file : rondeau_templates()) set.sources_.emplace(file.path, file.content);
  } else {
    std::error_code error;
    if (!fs::is_directory(path, error)) return refuse("there are no templates in " + path + ": it is no folder");
    for (fs::recursive_directory_iterator file(path, error), end; file != end; file.increment(error)) {
      if (!file->is_regular_file(error)) continue;
      RONDEAU_TRY_PLAIN(std::string text, read_file(file->path()));
      set.sources_.emplace(file->path().lexically_relative(path).string(), std::move(text));
    }
    if (error) return refuse("cannot read the templates in " + path + ": " + error.message());
  }
  RONDEAU_TRY_VOID_PLAIN(set.take_list());
  return set;
}

Outcome<void> TemplateSet::take_list() {
  for (const auto& [path, text] : sources_) {
    const std::size_t slash = path.find('/');
    if (slash == std::string::npos || path.substr(slash + 1) != kAbout) continue;
    auto about = json::parse<About>(text);
    if (!about) return fail(path + ": " + about.error().message());
    list_.push_back({path.substr(0, slash), about->version, about->summary});
  }
  if (list_.empty()) return refuse("there is no template: no folder has a template.json");
  return {};
}

Outcome<TemplateInfo> TemplateSet::find(std::string_view name) const {
  std::vector<std::string_view> names;
  std::string all;
  for (const TemplateInfo& info : list_) {
    if (info.name == name) return info;
    names.push_back(info.name);
    all += (all.empty() ? "" : ", ") + info.name;
  }
  const std::string_view near = reflect::nearest(name, names);
  return refuse("there is no template \"" + std::string(name) + "\"" +
                (near.empty() ? "; there are " + all : ", did you mean " + std::string(near) + "?"));
}

Outcome<Tree> TemplateSet::render(std::string_view name, const Vocabulary& vocabulary) const {
  const std::string own = std::string(name) + "/";
  Tree tree;
  for (const std::string_view folder : {kCommon, std::string_view(own)}) {
    if (folder == kCommon && own.starts_with(kParts)) continue;
    for (auto file = sources_.lower_bound(std::string(folder)); file != sources_.end(); ++file) {
      const auto& [path, text] = *file;
      if (!path.starts_with(folder)) break;
      const std::string below = path.substr(folder.size());
      if (below == kAbout) continue;
      RONDEAU_TRY_PLAIN(std::string to, tool::render(with_dots(below), vocabulary, path));
      RONDEAU_TRY_PLAIN(std::string content, tool::render(text, vocabulary, path));
      if (content.find_first_not_of(" \t\n") == std::string::npos) {
        tree.erase(to);
      } else {
        tree.insert_or_assign(std::move(to), std::move(content));
      }
    }
  }
  return tree;
}

}  // namespace rondeau::tool
