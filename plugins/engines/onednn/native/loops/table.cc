// The loops of one instruction set, as a table.
#include "isa.h"

#define FGKD_TEXT(name) #name
#define FGKD_NAME(name) FGKD_TEXT(name)

namespace fgkd {
namespace FGKD_ISA {

Loops table() {
  Loops made{};
  made.name = FGKD_NAME(FGKD_ISA);
  fillUnary(made);
  fillBinary(made);
  fillReductions(made);
  fillSoftmax(made);
  fillAttention(made);
  fillAttentionOfBf16(made);
  fillNormalisation(made);
  fillLayerNorm(made);
  fillPooling(made);
  fillMaxPooling(made);
  fillResize(made);
  fillDepthwise(made);
  fillResample(made);
  fillBf16(made);
  fillGemm(made);
  fillPanels(made);
  fillWinograd(made);
  return made;
}

}  // namespace FGKD_ISA
}  // namespace fgkd
