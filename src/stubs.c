#include "mobanon.h"
void consent_init(void) {}
void pseudonym_init(void) {}
