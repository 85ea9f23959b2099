//! Small plays.
