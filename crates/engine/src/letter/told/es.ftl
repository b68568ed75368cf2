# What staff and partners are told, in Spanish.

approval-needed = La transferencia { $subject } espera la aprobación de un responsable.
transfer-failed = La transferencia { $subject } no se completó.
receipt-disputed = El acuse de recibo de la transferencia { $subject } no coincide con lo enviado.
receipt-overdue = El acuse de recibo de la transferencia { $subject } está atrasado.
package-ready = El paquete de la transferencia { $subject } está listo para ser retirado por la API.
package-not-taken = El paquete de la transferencia { $subject } no se retiró a tiempo: la transferencia ha caducado.
arrangement-expires = El acuerdo { $subject } termina pronto.
key-expires = La clave { $subject } caduca pronto.
schema-drift = El contenido de las bases ya no corresponde al catálogo { $subject }.
unusual-volume = El paquete de la transferencia { $subject } contiene muchos más o muchos menos registros que los anteriores.
look-ups-suspended = El cliente { $subject } ya no pregunta por personas concretas: sus preguntas eran casi iguales.
intake-waits = Hay registros de la recepción { $subject } que esperan la decisión de una persona.
intake-rejected = La recepción { $subject } fue rechazada: no se aplica nada de ella.
trial = Esta es una prueba de los avisos: { $subject }.
look = Para saber más, consulte la pasarela de { $operation }: por esta vía no se comunica nada más.
ids-only = Por favor, no responda. Nunca envíe información sobre personas por correo electrónico.
