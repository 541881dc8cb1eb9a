#include <rondeau/routing/url.h>

#include <rondeau/text/percent.h>

namespace rondeau::routing {

std::string fill_pattern(std::string_view pattern, std::initializer_list<std::string> values) {
  std::string path;
  auto value = values.begin();
  PatternSegment segment;
  PatternError error = PatternError::None;
  while (next_segment(pattern, segment, error)) {
    path += '/';
    text::percent_encode_to(path, segment.prefix);
    if (segment.kind == PatternSegment::Kind::Static) continue;
    const bool wildcard = segment.kind == PatternSegment::Kind::Wildcard;
    text::percent_encode_to(path, *value++, wildcard ? text::EncodeSet::Path : text::EncodeSet::Component);
    text::percent_encode_to(path, segment.suffix);
  }
  return path;
}

}  // namespace rondeau::routing
