//! Is a value that was not agreed found nowhere, and one that was agreed only in the decrypted package?
